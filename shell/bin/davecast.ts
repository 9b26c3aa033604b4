#!/usr/bin/env node
import { davecast } from '../main.ts';
import { runBin } from '../run-bin.ts';

runBin(davecast);
