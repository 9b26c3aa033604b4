#!/usr/bin/env node
import { ignoreSignals } from '../shell/cli/signals.ts';
import { parseOptions } from './options.ts';
import { show } from './show.ts';

ignoreSignals();
const parsed = parseOptions(process.argv.slice(2));
switch (parsed.kind) {
  case 'help':
    parsed.print();
    break;
  case 'wrong':
    process.stderr.write(`demo: ${parsed.problem} (see --help)\n`);
    process.exitCode = 2;
    break;
  case 'run':
    process.exitCode = await show(parsed.options);
    break;
  default:
    parsed satisfies never;
}
