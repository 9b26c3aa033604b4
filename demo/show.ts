import { setTimeout as sleep } from 'node:timers/promises';
import { openLogOutput, type LogOutput } from '../shell/log/output.ts';
import { chaos } from './chaos.ts';
import { DemoListener } from './listener.ts';
import { narrate, type Names } from './narrator.ts';
import type { DemoOptions } from './options.ts';
import type { Part, PartEvent } from './part.ts';
import { loadProgramme, type Programme } from './programme.ts';
import { cutLine, statusLine } from './report.ts';
import { Station } from './station.ts';

const STATUS_MS = 5_000;
/** A part that nobody here had ended, somebody has killed to see what happens: it stays away as long as with --chaos. */
const REVIVE_MS = 4_000;

/** Plays until time is up or a signal comes, and says what happens; returns the exit code. */
export async function show(options: DemoOptions): Promise<number> {
  const over = new AbortController();
  // The encoders are fed from here: a terminal that is stopped must not stop that.
  const output = openLogOutput();
  stopOnSignals(over, output);
  const stage = setUp(options, over.signal, output);
  try {
    await untilAborted(stage.station.start(), over.signal);
    if (over.signal.aborted) return 0;
    welcome(stage, options);
    await perform(stage, options, over);
    return sumUp(stage, options);
  } catch (error) {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    over.abort();
    await stage.station.close();
    await output.flush();
  }
}

interface Stage {
  readonly programme: Programme;
  readonly station: Station;
  readonly nowMs: () => number;
  readonly say: (line: string) => void;
  readonly output: LogOutput;
  listener?: DemoListener;
}

function setUp(options: DemoOptions, over: AbortSignal, output: LogOutput): Stage {
  const startedMs = performance.now();
  const nowMs = (): number => performance.now() - startedMs;
  const say = (line: string): void => output.write(`${(nowMs() / 1000).toFixed(2).padStart(7)}  ${line}\n`);
  const tell = (part: Part, text: string): void => say(`${part.name.padEnd(9)} ${text}`);
  const streams = new Map<string, string>();
  const programme = loadProgramme();
  const station = new Station({
    programme,
    httpPort: options.port,
    nowUs: () => nowMs() * 1000,
    onEvent: (part, event) => {
      if (isNewStream(event)) streams.set(event.stream, part.name);
      const line = over.aborted ? undefined : narrate(part.name, event, names);
      if (line !== undefined) tell(part, line);
    },
    onText: tell,
    onDeath: (part, how) => {
      tell(part, `has exited: ${how}`);
      setTimeout(() => void reviveDead(part), REVIVE_MS).unref();
    },
  });
  const reviveDead = async (part: Part): Promise<void> => {
    if (over.aborted || part.state !== 'down') return;
    tell(part, 'restarting');
    await station.revive(part).catch((error: unknown) => tell(part, error instanceof Error ? error.message : String(error)));
  };
  const names: Names = {
    stream: (id) => streams.get(id) ?? `stream ${id.slice(0, 8)}`,
    peer: (label) => station.relayAt(label)?.name ?? label,
  };
  return { programme, station, nowMs, say, output };
}

function isNewStream(event: PartEvent): event is PartEvent & { readonly stream: string } {
  return event.event === 'source-started' && typeof event['stream'] === 'string';
}

function welcome({ station, say, output }: Stage, { port, chaos: withChaos }: DemoOptions): void {
  const { url, httpPort } = station;
  if (httpPort !== port && port !== 0) say(`demo      port ${port} is in use: the edge listens on ${httpPort}`);
  output.write(`
  One station, two encoders, two relays, one edge, all on this machine.

      Listen:  ${url}

  A voice counts the seconds. A switch between the encoders is made between two frames of 24 ms, so up to half a frame
  may be repeated or missing; nothing else is lost.

  ${withChaos ? 'These are killed or frozen in turn:' : 'Kill or freeze an encoder or a relay (kill -9 or -STOP), or run with --chaos:'}

${station.parts.map((part) => `      ${part.name.padEnd(9)}  pid ${part.pid}\n`).join('')}
`);
}

async function perform(stage: Stage, options: DemoOptions, over: AbortController): Promise<void> {
  const { station, programme, nowMs, say } = stage;
  const listener = new DemoListener(station.url, programme, nowMs, {
    tunedIn: () => say('listener  receives audio'),
    cut: (cut) => say(`listener  ${cutLine(cut)}`),
    disconnected: (why) => {
      if (!over.signal.aborted) say(`listener  disconnected: ${why}`);
    },
  });
  stage.listener = listener;
  listener.start();
  const status = setInterval(() => say(`listener  on air ${Math.floor(listener.onAirMs / 1000)} s · ${statusLine(listener.total)}`), STATUS_MS);
  const time = setTimeout(() => over.abort(), options.forMs ?? MAX_TIMER_MS);
  try {
    const work = options.chaos ? chaos(station, listener, say, over.signal) : sleep(MAX_TIMER_MS, undefined, { signal: over.signal });
    await untilAborted(work, over.signal);
  } finally {
    clearInterval(status);
    clearTimeout(time);
    listener.stop();
  }
}

/** The verdict is about the connection alone: the figures speak for themselves. */
function sumUp({ listener, say }: Stage, { forMs }: DemoOptions): number {
  if (listener === undefined) return 0;
  const { total, onAirMs } = listener;
  say(`summary   on air ${Math.floor(onAirMs / 1000)} s · ${statusLine(total)}`);
  if (total.disconnects > 0) say('summary   the listener was disconnected');
  else say(`summary   the listener ${total.heardMs > 0 ? 'stayed connected' : 'received no audio'}`);
  // Whoever ends it by a signal may do so before there was anything to hear.
  return total.disconnects === 0 && (total.heardMs > 0 || forMs === undefined) ? 0 : 1;
}

/** The first signal ends the show in good order; after a second one this process ends, and takes its children along. */
function stopOnSignals(over: AbortController, output: LogOutput): void {
  // Nobody reads any more, as in `npm run demo | head`.
  void output.abandoned.then(() => over.abort());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (over.signal.aborted) process.exit(1);
      over.abort();
    });
  }
}

/** Waits for `work`, but no longer than until the signal. */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  work.catch(() => undefined);
  await Promise.race([work, aborted]);
}

/** The longest that a timer of Node can be set to. */
const MAX_TIMER_MS = 2_147_483_647;
