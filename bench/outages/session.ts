import { setTimeout as sleep } from 'node:timers/promises';
import type { Material } from '../referee/material.ts';
import { Recorder } from '../referee/recorder.ts';
import type { Format } from '../rigs/formats.ts';
import { assess } from './assess.ts';
import type { SessionResult } from './experience.ts';
import { faults, type FaultName } from './fault.ts';
import { systems, type SystemName } from './systems.ts';

/** What is measured with one rig. */
export interface Task {
  readonly system: SystemName;
  readonly codec: Format;
  readonly fault: FaultName;
  /** How often it happens. */
  readonly rounds: number;
  /** Other times than the fault's own. */
  readonly holdMs?: number;
  readonly restMs?: number;
  readonly calmMs?: number;
}

export interface Hooks {
  /** Ends it before its time. */
  readonly stopping?: AbortSignal;
  /** Called when nothing is recorded any more. */
  readonly judging?: () => void;
}

const READY_MS = 60_000;
/** Both streams run for so long before anything happens: until their loudness envelopes have been matched, with time to spare. */
const CALM_MS = 16_000;

/** How long the programme must be for a task. */
export function programmeS(task: Task): number {
  const { holdMs, restMs } = { ...faults[task.fault], ...task };
  // Starting and mending take some time, and more on a busy machine.
  const roundMs = 1.1 * (holdMs + restMs) + 1_000;
  return Math.ceil((READY_MS + (task.calmMs ?? CALM_MS) + task.rounds * roundMs) / 1000) + 10;
}

/** Starts a rig, lets one kind of fault happen to it so many times, and says what a listener has experienced of each. */
export async function runSession(task: Task, material: Material, { stopping, judging }: Hooks = {}): Promise<SessionResult> {
  const fault = faults[task.fault];
  const { holdMs, restMs } = { ...fault, ...task };
  const rig = systems[task.system].build(task.codec, material, fault.needs === 'udp' ? 'udp' : 'tcp', `${task.codec}/${task.fault}`);
  const strikesMs: number[] = [];
  const wait = (ms: number): Promise<void> => sleep(ms, undefined, stopping === undefined ? {} : { signal: stopping });
  let recorder: Recorder | undefined;
  try {
    await rig.start();
    await rig.untilReady(READY_MS);
    recorder = new Recorder(rig.url);
    await recorder.start(READY_MS);
    await wait(task.calmMs ?? CALM_MS);
    for (let round = 0; round < task.rounds; round++) {
      strikesMs.push(performance.now());
      const mend = await fault.strike(rig, round);
      await wait(holdMs);
      await mend();
      await wait(restMs);
    }
  } finally {
    recorder?.stop();
    await rig.stop();
  }
  judging?.();
  const { system, codec } = task;
  return { system, codec, fault: task.fault, ...(await assess({ rig, recorder, strikesMs, codec }, material)) };
}
