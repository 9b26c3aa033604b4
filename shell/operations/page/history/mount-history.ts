import type { MountFigures } from '../../../../core/edge/mountpoint/figures.ts';
import type { ProcessEvent } from '../../../log/events.ts';
import { LaneHistory } from './lane-history.ts';
import { encoderNameOf, laneStateOf } from './lane-state.ts';
import { markOf } from './marks.ts';
import { WINDOW_MS, type LanesPart, type Mark } from '../state.ts';

/** Encoders of one mountpoint that have lanes. */
const MAX_LANES = 12;
const MAX_MARKS = 24;
/** In place of a stream. */
const FALLBACK = '';

/** What happened to one mountpoint in the last ten minutes, and its last switches: 28 KiB at most. */
export class MountHistory {
  readonly #name: string;
  readonly #lanes: LaneHistory[] = [];
  /** The newest first. */
  readonly #marks: Mark[] = [];
  #part: LanesPart | undefined;
  /** It is a mountpoint of this process. */
  isThere = true;
  /** When it was last. */
  seenAtMs: number;

  constructor(name: string, nowMs: number) {
    this.#name = name;
    this.seenAtMs = nowMs;
  }

  /** The same object as long as nothing has changed. */
  get part(): LanesPart {
    this.#part ??= { kind: 'lanes', mount: this.#name, lanes: this.#lanes.map(({ lane }) => lane), marks: [...this.#marks] };
    return this.#part;
  }

  /** When something was told of it last; undefined: not lately. */
  lastOf(kind: string): number | undefined {
    return this.#marks.find((mark) => mark.kind === kind)?.atMs;
  }

  /** What its streams are now; undefined: it is gone. */
  look(nowMs: number, figures: MountFigures | undefined): void {
    this.isThere = figures !== undefined;
    if (this.isThere) this.seenAtMs = nowMs;
    const streams = figures?.streams ?? [];
    const ids = new Set(streams.map(({ id }) => id));
    this.#fallback(nowMs, figures?.state === 'fallback');
    for (const lane of this.#lanes) if (lane.stream !== FALLBACK && !ids.has(lane.stream)) this.#enter(lane, nowMs, 'lost', false);
    const states = streams.map((stream) => ({ stream, state: laneStateOf(stream) }));
    // Those that are lost last: one that has come again in their place has their lane.
    for (const { stream, state } of states.toSorted((a, b) => Number(a.state === 'lost') - Number(b.state === 'lost'))) {
      const lane = this.#laneOf(stream.id, encoderNameOf(stream), { present: ids, isLost: state === 'lost' });
      if (lane !== undefined) this.#enter(lane, nowMs, state, stream.isOnAir);
    }
    this.#trim(nowMs);
  }

  /** What is told of it at once: a look may come a second later. */
  take(nowMs: number, event: ProcessEvent & { readonly mount: string }): void {
    const mark = markOf(nowMs, event);
    if (mark !== undefined) {
      this.#marks.unshift(mark);
      this.#marks.splice(MAX_MARKS);
      this.#part = undefined;
    }
    const enter = (stream: string, state: Parameters<LaneHistory['enter']>[1], isOnAir: boolean): void => {
      const lane = this.#lanes.find((one) => one.stream === stream);
      if (lane !== undefined) this.#enter(lane, nowMs, state, isOnAir);
    };
    if (event.kind === 'fallback-entered' || event.kind === 'fallback-left') this.#fallback(nowMs, event.kind === 'fallback-entered');
    else if (event.kind === 'switch') {
      enter(event.from, leftAs[event.reason] ?? 'unfit', false);
      enter(event.to, 'well', true);
    } else if (event.kind === 'stalled') enter(event.stream, 'stalled', true);
    else if (event.kind === 'resumed') enter(event.stream, 'well', true);
    else if (event.kind === 'mount-ended') for (const lane of this.#lanes) this.#enter(lane, nowMs, lane.stream === FALLBACK ? 'off' : 'lost', false);
  }

  /** It has a lane as soon as it is heard. */
  #fallback(nowMs: number, isOnAir: boolean): void {
    const lane = this.#lanes.find(({ stream }) => stream === FALLBACK) ?? (isOnAir ? this.#newLane('fallback', FALLBACK) : undefined);
    if (lane !== undefined) this.#enter(lane, nowMs, isOnAir ? 'well' : 'off', isOnAir);
  }

  #enter(lane: LaneHistory, ...[atMs, state, isOnAir]: Parameters<LaneHistory['enter']>): void {
    if (lane.enter(atMs, state, isOnAir)) this.#part = undefined;
  }

  /** An encoder that comes again has another stream, and goes on in its lane. */
  #laneOf(stream: string, name: string, { present, isLost }: { readonly present: ReadonlySet<string>; readonly isLost: boolean }): LaneHistory | undefined {
    const own = this.#lanes.find((lane) => lane.stream === stream);
    if (own?.name === name) return own;
    const before = this.#lanes.find((lane) => lane.name === name && lane.stream !== FALLBACK && (lane.isLost || !present.has(lane.stream)));
    if (before !== undefined) {
      before.stream = stream;
      return before;
    }
    if (isLost && this.#lanes.some((lane) => lane.name === name)) return undefined;
    if (own !== undefined && !this.#lanes.some((lane) => lane.name === name)) return own;
    return this.#newLane(name, stream);
  }

  #newLane(name: string, stream: string): LaneHistory | undefined {
    if (this.#lanes.length === MAX_LANES && !this.#makeRoom()) return undefined;
    const lane = new LaneHistory(name, stream);
    this.#lanes.push(lane);
    this.#part = undefined;
    return lane;
  }

  /** Forgets the lane that has been lost for longest. */
  #makeRoom(): boolean {
    const [oldest] = this.#lanes.filter(({ isLost }) => isLost).toSorted((a, b) => a.sinceMs - b.sinceMs);
    if (oldest !== undefined) this.#lanes.splice(this.#lanes.indexOf(oldest), 1);
    return oldest !== undefined;
  }

  #trim(nowMs: number): void {
    for (const lane of this.#lanes) if (lane.trim(nowMs)) this.#part = undefined;
    const isOver = (lane: LaneHistory): boolean => lane.isLost && lane.sinceMs <= nowMs - WINDOW_MS;
    for (let over = this.#lanes.findIndex(isOver); over >= 0; over = this.#lanes.findIndex(isOver)) {
      this.#lanes.splice(over, 1);
      this.#part = undefined;
    }
  }
}

/** What the encoder that was left is, as far as the reason says it. */
const leftAs: Readonly<Partial<Record<Extract<ProcessEvent, { kind: 'switch' }>['reason'], 'stalled' | 'lost' | 'silent' | 'frozen' | 'well'>>> = {
  'stalled': 'stalled', 'paths-closed': 'lost', 'forgotten': 'lost', 'silent': 'silent', 'frozen': 'frozen', 'preferred': 'well', 'operator': 'well',
};
