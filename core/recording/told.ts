import { digestOfText, type RollingHash } from '../base/hash.ts';
import type { Presence } from '../edge/edge.ts';
import type { EdgeEvent } from '../edge/events.ts';
import type { CommandResult } from '../edge/switching/operator/command.ts';
import type { MoveResult } from '../listeners/listeners.ts';
import type { RelayEvent } from '../relay/events.ts';

export type MachineEvent = EdgeEvent | RelayEvent;

type Kind = MachineEvent['kind'];
/** An event of one kind; of a kind that relay and edge both have, what is in both. */
type EventOf<K extends Kind, E = MachineEvent> = E extends { readonly kind: infer Own } ? (K extends Own ? E : never) : never;

/**
 * What of each kind of event goes into the fingerprint of a recording: a number for the kind, and figures and names from outside, in this
 * order. No words of ours: a kind, a field or a reason can be called otherwise, and a recording still replays. What is here keeps its
 * number and its order; what is new goes behind. 30 is not used any more.
 */
export const toldEvents: { readonly [K in Kind]: readonly [code: number, ...fields: (keyof EventOf<K>)[]] } = {
  'path-opened': [1, 'path', 'label'],
  'path-closed': [2, 'path', 'label', 'messages', 'bytes', 'dropped'],
  'bound-hit': [3, 'count'],
  'stream-new': [4, 'stream', 'label'],
  'stream-announced': [5, 'stream', 'mount'],
  'stream-forgotten': [6, 'stream', 'mount', 'silentMs'],
  'stream-contested': [7, 'stream', 'mount', 'owner', 'label', 'messages'],
  'stream-unpaced': [8, 'stream', 'mount', 'origin', 'programmeMs', 'withinMs'],
  'stream-paced': [9, 'stream', 'mount', 'origin'],
  'subscriber-joined': [10, 'subscriber', 'label', 'historyMessages'],
  'subscriber-left': [11, 'subscriber', 'label', 'lostMessages'],
  'subscriber-behind': [12, 'subscriber', 'label', 'lostMessages'],
  'subscriber-cut': [13, 'subscriber', 'label', 'behindMs', 'lostMessages'],
  'mount-started': [14, 'mount', 'stream', 'sampleRateHz', 'channels'],
  'mount-ended': [15, 'mount', 'silentMs', 'listeners'],
  'format-changed': [16, 'mount', 'stream', 'listeners'],
  'new-format': [17, 'mount', 'sampleRateHz', 'channels', 'listeners'],
  'backup-added': [18, 'mount', 'stream', 'backups'],
  'backup-refused': [19, 'mount', 'stream'],
  'programmes-differ': [20, 'mount', 'stream', 'origin', 'source', 'other', 'otherOrigin', 'otherSource'],
  'programmes-agree': [21, 'mount', 'stream', 'origin', 'source', 'other', 'otherOrigin', 'otherSource'],
  'origin-contested': [22, 'mount', 'origin', 'stream', 'source', 'other', 'otherSource'],
  'stalled': [23, 'mount', 'stream', 'silentMs', 'thresholdMs', 'backups'],
  'resumed': [24, 'mount', 'stream', 'silentMs'],
  'switch': [25, 'mount', 'from', 'to', 'silentMs', 'catchUpMs', 'missingMs', 'offByMs', 'waitMs', 'repeatedMs', 'lagMs', 'candidates'],
  'gap': [26, 'mount', 'stream', 'sequence', 'messages', 'waitedMs'],
  'fallback-entered': [27, 'mount', 'what', 'silentMs'],
  'fallback-left': [28, 'mount', 'what', 'to', 'forMs'],
  'fallback-refused': [29, 'mount', 'what'],
  'listener-joined': [31, 'listener', 'mount', 'label', 'burstMs'],
  'listener-left': [32, 'listener', 'mount', 'label', 'connectedMs', 'bytes'],
  'listener-dropped': [33, 'listener', 'mount', 'label', 'lagBytes', 'connectedMs', 'bytes'],
  'listener-moved': [34, 'listener', 'mount', 'label', 'to'],
  'no-backup': [35, 'mount', 'stream', 'forMs'],
  'backup-lost': [36, 'mount', 'stream', 'onAir', 'forMs'],
  'redundancy-restored': [37, 'mount', 'stream', 'backups', 'forMs'],
  'relay-lost': [38, 'label', 'left'],
  'no-relay-left': [39, 'label', 'forMs'],
  'relay-back': [40, 'label', 'relays', 'forMs'],
  'policy-changed': [41, 'mount', 'changed'],
  'fallback-replaced': [42, 'mount', 'what', 'by', 'forMs'],
  'intro-skipped': [43, 'mount', 'count'],
  'title-set': [44, 'mount', 'title', 'label'],
  'rights-exceeded': [45, 'label', 'messages'],
  'mount-asked': [46, 'mount'],
  'mount-let-go': [47, 'mount', 'forMs'],
  'relay-forges': [48, 'label', 'mount', 'stream', 'messages', 'given'],
  'stream-unproven': [49, 'label', 'mount', 'stream', 'messages'],
};

/** What a machine answers its caller that is no id; `refused`: for a reason that it gives in words. */
const answers: Readonly<Record<CommandResult | MoveResult | Presence | 'full' | 'refused', number>> = {
  'switched': 1,
  'waits': 2,
  'on-air': 3,
  'no-such-mount': 4,
  'no-such-stream': 5,
  'ambiguous': 6,
  'cannot-follow': 7,
  'automatic': 8,
  'full': 9,
  'refused': 10,
  'moved': 11,
  'no-such-listener': 12,
  'starts': 13,
  'unknown': 14,
};

export type Answer = number | keyof typeof answers | undefined;

/** What stands before each output in a fingerprint, and tells it from others. */
export const Output: {
  readonly event: 1;
  readonly noAnswer: 2;
  readonly idAnswer: 3;
  readonly codeAnswer: 4;
  readonly end: 5;
  readonly cut: 6;
  readonly acknowledge: 7;
  readonly drop: 8;
} = { event: 1, noAnswer: 2, idAnswer: 3, codeAnswer: 4, end: 5, cut: 6, acknowledge: 7, drop: 8 };

export function mixEvent(hash: RollingHash, event: MachineEvent): void {
  const [code, ...fields] = toldEvents[event.kind] as readonly [number, ...string[]];
  hash.mix(Output.event);
  hash.mix(code);
  for (const field of fields) mixValue(hash, (event as unknown as Readonly<Record<string, unknown>>)[field]);
}

export function mixAnswer(hash: RollingHash, answer: Answer): void {
  if (answer === undefined) hash.mix(Output.noAnswer);
  else if (typeof answer === 'number') {
    hash.mix(Output.idAnswer);
    hash.mixWide(answer);
  } else {
    hash.mix(Output.codeAnswer);
    hash.mix(answers[answer]);
  }
}

const bits = new DataView(new ArrayBuffer(8));

/** A figure, which may have a fraction; a text; or figures by name, of which the sum counts. */
function mixValue(hash: RollingHash, value: unknown): void {
  if (typeof value === 'string') return hash.mix(digestOfText(value));
  const figure = typeof value === 'number' ? value : Object.values(value as Readonly<Record<string, number>>).reduce((sum, one) => sum + one, 0);
  // -0 is 0.
  bits.setFloat64(0, figure + 0);
  hash.mix(bits.getInt32(0));
  hash.mix(bits.getInt32(4));
}
