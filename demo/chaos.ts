import { setTimeout as sleep } from 'node:timers/promises';
import type { DemoListener } from './listener.ts';
import type { Part } from './part.ts';
import type { EncodingName } from './programme.ts';
import { statusLine } from './report.ts';
import type { Station } from './station.ts';

interface Fault {
  readonly how: 'kill' | 'freeze';
  /** Whom it strikes; the encoder on air is only known when its time has come. */
  victim(station: Station, onAir: EncodingName): Part;
}

/** Every kind of outage that the listener must not hear, encoders and relays by turns. */
const faults: readonly Fault[] = [
  { how: 'kill', victim: (station, onAir) => station.encoders[onAir] },
  { how: 'kill', victim: (station) => station.relays[0] },
  { how: 'freeze', victim: (station, onAir) => station.encoders[onAir] },
  { how: 'freeze', victim: (station) => station.relays[1] },
  { how: 'kill', victim: (station, onAir) => station.encoders[onAir === 'a' ? 'b' : 'a'] },
  { how: 'kill', victim: (station) => station.relays[1] },
];

/** A part is away for so long, and everything is well for so long before the next fault. */
const OUTAGE_MS = 4_000;
const CALM_MS = 4_000;

/** Strikes one part after the other until `signal` says stop, with a line before and the listener's figures after. */
export async function chaos(station: Station, listener: DemoListener, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal });
  try {
    for (let round = 0; ; round++) {
      await pause(CALM_MS);
      const { how, victim } = faults[round % faults.length]!;
      const onAir = listener.encoding;
      if (onAir === undefined) continue;
      const part = victim(station, onAir);
      listener.mark();
      await strike(part, how, part === station.encoders[onAir], say);
      await pause(OUTAGE_MS);
      await undo(station, part, say);
      await pause(CALM_MS / 2);
      say(`chaos     the listener since ${part.name} failed: ${statusLine(listener.sinceMark)}`);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function strike(part: Part, how: Fault['how'], isOnAir: boolean, say: (line: string) => void): Promise<void> {
  const why = isOnAir ? ', which is on air' : '';
  if (how === 'kill') {
    say(`chaos     killing ${part.name} (SIGKILL)${why}`);
    await part.kill();
  } else {
    say(`chaos     freezing ${part.name} (SIGSTOP)${why}`);
    part.freeze();
  }
}

async function undo(station: Station, part: Part, say: (line: string) => void): Promise<void> {
  if (part.state === 'frozen') {
    say(`chaos     resuming ${part.name} (SIGCONT)`);
    part.thaw();
  } else if (part.state === 'down') {
    say(`chaos     restarting ${part.name}`);
    await station.revive(part);
  }
}
