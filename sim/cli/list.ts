import { UsageError } from './options.ts';
import type { Streams } from './run.ts';

export async function list(_streams: Streams): Promise<boolean> {
  throw new UsageError('--list: not yet');
}
