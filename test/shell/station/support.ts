import { defaultSettings, type Settings } from '../../../core/config/settings.ts';
import { StationApp, type StationConfig } from '../../../shell/station/station.ts';
import type { StationSources } from '../../../shell/station/station-mounts.ts';
import { CapturedLog, FRAME_BYTES, mp3Frames, RawClient, sleep } from '../support/support.ts';

/** What is to be stopped after a test. */
export const running: { stop(): unknown }[] = [];

export async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).toReversed().map((one) => one.stop()));
}

export interface RunningStation {
  readonly app: StationApp;
  readonly told: CapturedLog;
  readonly port: number;
}

export type StationChanges = Partial<Omit<StationConfig, 'sources' | 'settings'>> & { readonly sources?: Partial<StationSources>; readonly settings?: Partial<Settings> };

export async function station({ sources, settings: changes, ...more }: StationChanges = {}): Promise<RunningStation> {
  const told = new CapturedLog();
  const settings = { ...defaultSettings, stopMs: 200, backoffMinMs: 20, backoffMaxMs: 200, ...changes };
  const app = new StationApp({
    bind: '127.0.0.1',
    httpPort: 0,
    sources: { origin: 'here', title: '', headers: [], mounts: new Map(), ...sources },
    sourcesPerMount: 8,
    pulled: [],
    peers: [],
    allowIn: [],
    allowOut: [],
    settings,
    relaySettings: settings,
    ...more,
  }, told.log);
  running.push(app);
  await app.start();
  return { app, told, port: await told.port('http') };
}

/** A source client that has been taken. */
export async function source(port: number, mount: string, method: 'SOURCE' | 'PUT' = 'SOURCE', password = 'x', ...more: readonly string[]): Promise<RawClient> {
  const lines = [`${method} /${mount} HTTP/1.1`, `Authorization: Basic ${Buffer.from(`source:${password}`).toString('base64')}`, 'Content-Type: audio/mpeg', ...more];
  const client = new RawClient(port).write(`${lines.join('\r\n')}\r\n\r\n`);
  running.push({ stop: () => client.socket.destroy() });
  await client.untilText('\r\n\r\n');
  return client;
}

/** A listener, as soon as its mountpoint is there. */
export async function listener(port: number, mount: string): Promise<RawClient> {
  for (;;) {
    const client = new RawClient(port).write(`GET /${mount} HTTP/1.0\r\n\r\n`);
    await client.untilText('\r\n\r\n');
    if (client.text.startsWith('HTTP/1.0 200')) {
      running.push({ stop: () => client.socket.destroy() });
      return client;
    }
    await sleep(20);
  }
}

/** A programme that goes to any number of sources in real time, until it is stopped. */
export class Programme {
  readonly frames: readonly Buffer[];
  readonly sources: Set<RawClient>;
  readonly #numbers: ReadonlyMap<string, number>;
  #sent = 0;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor(sources: readonly RawClient[], { seed = 'programme', frames = 2_000 }: { readonly seed?: string; readonly frames?: number } = {}) {
    this.frames = mp3Frames(frames, seed).map(alone);
    this.#numbers = new Map(this.frames.map((frame, number) => [frame.toString('latin1'), number]));
    this.sources = new Set(sources);
    this.#timer = setInterval(() => this.#send(), 10);
    running.push({ stop: () => clearInterval(this.#timer) });
  }

  /** How many frames have been sent. */
  get sent(): number {
    return this.#sent;
  }

  /** Which of its frames a listener has been given, in order; -1 for what is none of them. */
  heard(client: RawClient): number[] {
    const audio = client.received.subarray(client.received.indexOf('\r\n\r\n') + 4);
    const frame = (index: number): string => audio.subarray(index * FRAME_BYTES, (index + 1) * FRAME_BYTES).toString('latin1');
    return Array.from({ length: Math.floor(audio.length / FRAME_BYTES) }, (_, index) => this.#numbers.get(frame(index)) ?? -1);
  }

  #send(): void {
    const due = (performance.now() - this.#startedAt) / (1_152 / 44.1);
    for (; this.#sent < due; this.#sent++) for (const one of this.sources) one.write(this.frames[this.#sent]!);
  }
}

/** A frame that needs nothing of those before it, so that it is not rebuilt at a cut: its main data begins 0 bytes back. */
function alone(frame: Buffer): Buffer {
  frame[4] = 0;
  frame[5]! &= 0x7f;
  return frame;
}

/** True when each frame is the one that follows the one before. */
export function isUnbroken(heard: readonly number[]): boolean {
  return heard[0]! >= 0 && heard.every((number, at) => number === heard[0]! + at);
}
