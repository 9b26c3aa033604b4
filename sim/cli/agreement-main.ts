#!/usr/bin/env node
import { agreement } from './commands/agreement.ts';

process.exitCode = agreement(process.argv.slice(2), {
  out: (text) => process.stdout.write(`${text}\n`),
  problem: (text) => process.stderr.write(`${text}\n`),
});
