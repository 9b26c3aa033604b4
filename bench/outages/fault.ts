import { setTimeout as sleep } from 'node:timers/promises';
import type { Rig } from '../rigs/rig.ts';
import type { Playing } from '../rigs/sound-card.ts';
import { FAIR, type Weather } from '../rigs/weather/udp-leg.ts';

/** Something that happens to a rig again and again, and is over each time. */
export interface Fault {
  readonly label: string;
  /** What is needed for it to make sense: any two encoders, or relays that can be lost, or legs by UDP. */
  readonly needs: 'studios' | 'relays' | 'udp';
  /** Whether listeners must be given another encoder for it, or may have to. */
  readonly isSwitch: boolean;
  /** Whether it can matter which codec it is. */
  readonly everyCodec: boolean;
  /** From when it begins until all is mended, and then until it begins again. */
  readonly holdMs: number;
  readonly restMs: number;
  /** Makes it happen, the `round`-th time; what is returned mends it after `holdMs`. */
  strike(rig: Rig, round: number): Promise<Mend>;
}

export type Mend = () => Promise<void>;

export type FaultName =
  | 'encoder-kill'
  | 'encoder-freeze'
  | 'encoder-restart'
  | 'silent'
  | 'frozen'
  | 'frozen-frames'
  | 'relay-kill'
  | 'relay-freeze'
  | 'relays-in-turn'
  | 'udp-loss-1'
  | 'udp-loss-5'
  | 'udp-reorder'
  | 'udp-skew';

/** Envelopes are matched when both encoders have been heard for about ten seconds: this leaves time to start, and to spare. */
const SETTLE_MS = 14_000;
/** What was frozen goes on for so long with what it had, until somebody starts it anew. */
const THAWED_MS = 2_000;
/** One window of weather. */
const WEATHER_MS = 6_000;

export const faults: Readonly<Record<FaultName, Fault>> = {
  'encoder-kill': {
    label: 'encoder killed',
    needs: 'studios',
    isSwitch: true,
    everyCodec: true,
    holdMs: 4_000,
    restMs: SETTLE_MS,
    strike: async (rig) => {
      const studio = rig.studios[rig.live]!;
      await studio.kill();
      return () => studio.start();
    },
  },
  'encoder-freeze': {
    label: 'encoder frozen (SIGSTOP)',
    needs: 'studios',
    isSwitch: true,
    everyCodec: true,
    // Longer than Icecast waits for a source by default.
    holdMs: 13_000,
    restMs: SETTLE_MS + THAWED_MS,
    strike: (rig) => {
      const studio = rig.studios[rig.live]!;
      studio.freeze();
      return Promise.resolve(async () => {
        studio.thaw();
        await sleep(THAWED_MS);
        await studio.kill();
        await studio.start();
      });
    },
  },
  'encoder-restart': {
    label: 'encoder restarted',
    needs: 'studios',
    isSwitch: true,
    everyCodec: true,
    holdMs: 0,
    restMs: SETTLE_MS,
    strike: async (rig) => {
      const studio = rig.studios[rig.live]!;
      await studio.terminate();
      return () => studio.start();
    },
  },
  silent: sick('programme silent', 'silence', 8_000, true),
  frozen: sick('programme repeats a second', 'loop', 14_000, false),
  'frozen-frames': sick('programme repeats 38 or 43 frames', 'frame-loop', 14_000, true),
  'relay-kill': {
    label: 'relay killed',
    needs: 'relays',
    isSwitch: false,
    everyCodec: false,
    holdMs: 3_000,
    restMs: 5_000,
    strike: async (rig, round) => {
      const relay = rig.relays[round % rig.relays.length]!;
      await relay.kill();
      return () => relay.start();
    },
  },
  'relay-freeze': {
    label: 'relay frozen (SIGSTOP)',
    needs: 'relays',
    isSwitch: false,
    everyCodec: false,
    holdMs: 3_000,
    restMs: 5_000,
    strike: (rig, round) => {
      const relay = rig.relays[round % rig.relays.length]!;
      relay.freeze();
      return Promise.resolve(() => Promise.resolve(relay.thaw()));
    },
  },
  'relays-in-turn': {
    label: 'both relays killed in turn',
    needs: 'relays',
    isSwitch: false,
    everyCodec: false,
    holdMs: 2_000,
    restMs: 8_000,
    strike: async (rig) => {
      const [first, second] = rig.relays;
      await first!.kill();
      return async () => {
        await first!.start();
        await sleep(2_000);
        await second!.kill();
        await sleep(2_000);
        await second!.start();
      };
    },
  },
  'udp-loss-1': weather('UDP legs lose 1 % in bursts of 3', () => ({ ...FAIR, lossShare: 0.01, burst: 3 }), true),
  'udp-loss-5': weather('UDP legs lose 5 % in bursts of 10', () => ({ ...FAIR, lossShare: 0.05, burst: 10 }), true),
  'udp-reorder': weather('UDP legs reorder: 25 % overtake 60 ms', () => ({ ...FAIR, delayMs: 60, overtakingShare: 0.25 })),
  'udp-skew': weather('UDP: one route 450 ms slower', (_, relay) => ({ ...FAIR, delayMs: relay === 1 ? 450 : 0 })),
};

/** The encoder on air goes on, with something else than the programme. */
function sick(label: string, playing: Playing, holdMs: number, everyCodec: boolean): Fault {
  return {
    label,
    needs: 'studios',
    isSwitch: true,
    everyCodec,
    holdMs,
    restMs: SETTLE_MS,
    strike: (rig) => {
      const studio = rig.studios[rig.live]!;
      studio.play(playing);
      return Promise.resolve(() => Promise.resolve(studio.play('programme')));
    },
  };
}

/** Weather does not end: each window of it counts as a fault of its own. One that loses may lose the same on both legs of a studio. */
function weather(label: string, on: (studio: number, relay: number) => Weather, isSwitch = false): Fault {
  return {
    label,
    needs: 'udp',
    isSwitch,
    everyCodec: false,
    holdMs: WEATHER_MS,
    restMs: 0,
    strike: (rig, round) => {
      if (round === 0) rig.setWeather(on);
      return Promise.resolve(() => Promise.resolve());
    },
  };
}
