import type { Studio } from './studio.ts';
import type { Weather } from './weather/udp-leg.ts';

/** A switch that a system has told of. */
export interface Told {
  readonly atMs: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A server between the studios and what listeners connect to. */
export interface Middle {
  start(): Promise<void>;
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

/** Two studios with one programme, all that lies behind them up to a URL for listeners, and what can happen to it. */
export interface Rig {
  readonly url: string;
  readonly studios: readonly Studio[];
  /** The index of the studio that listeners hear. */
  readonly live: number;
  /** Of the servers that can be lost without listeners being cut off; none where there are none. */
  readonly relays: readonly Middle[];
  /** What the system itself says it has switched; undefined where it does not say. */
  readonly switches: readonly Told[] | undefined;
  /** What the programs of the rig complained of. */
  readonly complaints: readonly string[];
  start(): Promise<void>;
  /** Resolves when both studios have got through. */
  untilReady(timeoutMs: number): Promise<void>;
  /** The weather on each leg from a studio to a relay, where these go by UDP. */
  setWeather(weather: (studio: number, relay: number) => Weather): void;
  stop(): Promise<void>;
}
