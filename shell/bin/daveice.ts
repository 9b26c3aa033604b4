#!/usr/bin/env node
import { daveice } from '../main.ts';
import { runBin } from '../run-bin.ts';

runBin(daveice);
