import { all } from './commands/all.ts';
import { check } from './commands/check.ts';
import { list } from './commands/list.ts';
import { many } from './commands/many.ts';
import { readOptions, UsageError, type Asked } from './options/options.ts';
import { play } from './commands/play.ts';
import { shrink } from './commands/shrink.ts';
import type { Streams } from './streams.ts';

const OK = 0;
const VIOLATED = 1;
const WRONG_USE = 2;

/** The whole command; returns its exit status. */
export async function run(args: readonly string[], streams: Streams): Promise<number> {
  try {
    return (await done(readOptions(args), streams)) ? OK : VIOLATED;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    streams.problem(`sim: ${error.message.replaceAll('\n', ' ')}`);
    return WRONG_USE;
  }
}

/** Does what was asked; false when something was violated. */
async function done(asked: Asked, streams: Streams): Promise<boolean> {
  switch (asked.kind) {
    case 'help':
      streams.out(asked.text);
      return true;
    case 'list':
      return list(streams);
    case 'all':
      return all(asked, streams);
    case 'play':
      return play(asked, streams);
    case 'many':
      return many(asked, streams);
    case 'check':
      return check(asked, streams);
    case 'shrink':
      return shrink(asked, streams);
    default:
      return asked satisfies never;
  }
}
