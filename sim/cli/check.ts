import { UsageError, type Asked } from './options.ts';
import type { Streams } from './run.ts';

export async function check(_asked: Extract<Asked, { kind: 'check' }>, _streams: Streams): Promise<boolean> {
  throw new UsageError('--check: not yet');
}
