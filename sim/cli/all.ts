import { UsageError, type Asked } from './options.ts';
import type { Streams } from './run.ts';

export async function all(_asked: Extract<Asked, { kind: 'all' }>, _streams: Streams): Promise<boolean> {
  throw new UsageError('--all: not yet');
}
