import type { Snapshot } from '../../base/snapshot.ts';
import { assert } from '../../base/assert.ts';
import type { Micros } from '../../base/units.ts';
import type { FrameFormat } from '../../codec/format/format.ts';
import { snapshotFormat } from '../../codec/formats.ts';

/** What the fallback is called for: frames that can follow these, and what has not been heard since then. */
export interface Call {
  readonly format: FrameFormat;
  readonly since: Micros;
}

/** What there is of a mountpoint's streams. */
export type StreamState =
  /** None has been heard yet. */
  | 'nothing'
  /** The live one comes, or is waited for no longer than its cadence allows. */
  | 'live'
  /** The live one has been silent for longer, and no other one could take over. */
  | 'stalled';

/** What the listeners of a mountpoint hear. */
export type State =
  /** That. `call`: the fallback is to be heard, and has had no frame yet that can follow. */
  | { readonly kind: StreamState; readonly call: Call | undefined }
  /** The fallback; and what there is of the streams meanwhile. */
  | { readonly kind: 'fallback'; readonly streams: StreamState; readonly call: Call; readonly enteredAt: Micros }
  /** Nothing any more. */
  | { readonly kind: 'ended' };

/**
 * The state of one mountpoint: what its listeners hear. All that decide look here, and each step is one of these:
 *
 *                   a stream begins                     silent too long, and no backup: `LiveWatch`
 *     nothing ---------------------------> live -------------------------------------------------> stalled
 *        |                                  ^ ^                                                       |
 *        |                                  | '---- its next frame, or a backup after all ------------'
 *        |                                  |
 *        |                                  | a stream has been well for `fallbackLeaveMs`, and is entered
 *        |                                  |
 *        '---- called, and has a frame -> fallback <---- called, and has a frame ---- live, stalled
 *                                           |
 *                                           '---- has another format: back to nothing, live or stalled, and called
 *
 *     any ---- nothing heard for `mountEndMs`, or only another format is left ----> ended
 *
 * The fallback is called when nothing has been heard for `fallbackMs`, or what the live stream sends is no programme: `FallbackTurns`.
 * It is no longer called once a stream is heard.
 */
export class MountState {
  #current: State = { kind: 'nothing', call: undefined };

  get kind(): State['kind'] {
    return this.#current.kind;
  }

  get current(): State {
    return this.#current;
  }

  /** What the fallback is called for, and heard for, if it is. */
  get call(): Call | undefined {
    return this.#current.kind === 'ended' ? undefined : this.#current.call;
  }

  /** The live stream has stalled, whether the fallback is heard or nothing. */
  get isStalled(): boolean {
    return this.#current.kind === 'stalled' || (this.#current.kind === 'fallback' && this.#current.streams === 'stalled');
  }

  /** A stream is entered, or the live one goes on. */
  live(): void {
    assert(this.#current.kind !== 'fallback', 'a stream is entered while the fallback is heard');
    if (this.#current.kind !== 'ended' && this.#current.kind !== 'live') this.#current = { kind: 'live', call: this.#current.call };
  }

  /** The live stream has been silent for too long, and nothing can take over. */
  stalled(): void {
    const { current } = this;
    if (current.kind === 'fallback') this.#current = { ...current, streams: 'stalled' };
    else if (current.kind !== 'ended') this.#current = { kind: 'stalled', call: current.call };
  }

  /** The fallback is to be heard as soon as it has a frame that can follow. */
  called(call: Call): void {
    const { current } = this;
    assert(current.kind !== 'ended' && current.call === undefined, 'the fallback is called twice');
    this.#current = { kind: current.kind, call } as State;
  }

  /** It has one. */
  fallbackEntered(now: Micros): void {
    const { current } = this;
    assert(current.kind !== 'ended' && current.kind !== 'fallback' && current.call !== undefined, 'the fallback is heard without having been called');
    this.#current = { kind: 'fallback', streams: current.kind, call: current.call, enteredAt: now };
  }

  /** What it has now cannot follow: it is waited for again. */
  fallbackRefused(): void {
    const { current } = this;
    if (current.kind === 'fallback') this.#current = { kind: current.streams, call: current.call };
  }

  /** It is not needed any more. */
  fallbackOff(): void {
    const { current } = this;
    if (current.kind === 'fallback') this.#current = { kind: current.streams, call: undefined };
    else if (current.kind !== 'ended' && current.call !== undefined) this.#current = { kind: current.kind, call: undefined };
  }

  /** The mountpoint is over. */
  ended(): void {
    this.#current = { kind: 'ended' };
  }

  /** Saves or restores it; a mountpoint that has ended is not saved. */
  snapshot(a: Snapshot): void {
    const { current } = this;
    assert(current.kind !== 'ended', 'a mountpoint that has ended is saved');
    const streams = a.text<StreamState>(current.kind === 'fallback' ? current.streams : current.kind);
    const call = snapshotCall(a, current.call);
    const enteredAt = a.maybeNumber(current.kind === 'fallback' ? current.enteredAt : undefined);
    if (a.isLoading) this.#current = enteredAt === undefined ? { kind: streams, call } : { kind: 'fallback', streams, call: call!, enteredAt };
  }
}

function snapshotCall(a: Snapshot, call: Call | undefined): Call | undefined {
  const format = snapshotFormat(a, call?.format);
  const since = a.maybeNumber(call?.since);
  return format === undefined || since === undefined ? undefined : { format, since };
}
