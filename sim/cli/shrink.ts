import { UsageError, type Asked } from './options.ts';
import type { Streams } from './run.ts';

export async function shrink(_asked: Extract<Asked, { kind: 'shrink' }>, _streams: Streams): Promise<boolean> {
  throw new UsageError('--shrink: not yet');
}
