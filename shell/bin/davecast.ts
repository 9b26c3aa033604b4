#!/usr/bin/env node
import { runBin } from './run-bin.ts';

runBin(async () => (await import('./main.ts')).davecast);
