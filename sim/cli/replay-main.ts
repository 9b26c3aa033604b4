#!/usr/bin/env node
import { runReplay } from './replay/replay.ts';

process.exitCode = runReplay(process.argv.slice(2), {
  out: (text) => process.stdout.write(`${text}\n`),
  problem: (text) => process.stderr.write(`${text}\n`),
});
