import type { ListenerId, SubscriberId } from '../../../core/base/machine.ts';
import type { AudioKept } from '../../../core/recording/file/format.ts';
import { readRecording, type Recording } from '../../../core/recording/file/read.ts';
import { recordedEdge } from '../../../core/recording/recorded-edge.ts';
import { recordedRelay } from '../../../core/recording/recorded-relay.ts';
import { Recorder } from '../../../core/recording/recorder.ts';
import type { MountPolicies } from '../../../core/config/mount-policy.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { Micros } from '../../../core/base/units.ts';
import { join } from '../codec/build.ts';
import { Crowd, listenersOf, play, subscribersOf, type Step } from '../support/steps.ts';

/** Keeps a recording in memory, generation by generation. */
export class Tape {
  readonly generations: Uint8Array[][] = [];
  stateBytes: number | undefined;

  begin(): void {
    this.generations.push([]);
  }

  write(bytes: Uint8Array): void {
    this.generations.at(-1)!.push(bytes);
  }

  tooLarge(stateBytes: number): void {
    this.stateBytes = stateBytes;
  }

  /** From a generation on. */
  bytes(from = 0): Uint8Array {
    return join(...this.generations.slice(from).flat());
  }

  recording(from = 0): Recording {
    return readRecording(this.bytes(from));
  }
}

export interface TapeOptions {
  readonly settings: Settings;
  readonly policies?: MountPolicies;
  readonly audio?: AudioKept;
  /** Of an edge: what its mountpoints have as fallbacks. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

export function recorderOn(tape: Tape, role: 'edge' | 'relay', { settings, audio = 'whole' }: TapeOptions): Recorder {
  return new Recorder({ role, version: 'test', settings, audio, wallTime: () => '2026-11-22T03:12:40.000Z', out: tape });
}

/** An edge that is recorded while all this happens to it. */
export function recordEdge(all: readonly Step[], options: TapeOptions): Tape {
  const tape = new Tape();
  const recorder = recorderOn(tape, 'edge', options);
  const listeners = new Crowd<ListenerId>();
  const edge = recordedEdge(options, {
    send: () => undefined,
    backlogBytes: (listener) => listeners.backlogBytes(listener),
    end: () => undefined,
    event: () => undefined,
  }, recorder);
  for (const [mount, file] of Object.entries(options.files ?? {})) {
    if (edge.provideFallback(0 as Micros, mount, 'file', file) !== undefined) throw new Error('no fallback');
  }
  play(edge, all, listenersOf(edge, listeners), () => undefined);
  recorder.seal();
  return tape;
}

/** The same of a relay. */
export function recordRelay(all: readonly Step[], options: TapeOptions): Tape {
  const tape = new Tape();
  const recorder = recorderOn(tape, 'relay', options);
  const subscribers = new Crowd<SubscriberId>();
  const relay = recordedRelay({ settings: options.settings }, {
    send: () => undefined,
    backlogBytes: (subscriber) => subscribers.backlogBytes(subscriber),
    cut: () => undefined, drop: () => undefined,
    event: () => undefined,
  }, recorder);
  play(relay, all, subscribersOf(relay, subscribers), () => undefined);
  recorder.seal();
  return tape;
}
