import type { Archive } from './archive.ts';
import type { Path } from './intake.ts';
import { PDU_HEADER_BYTES, type MessageView } from './pdu.ts';
import type { Micros } from './units.ts';
import type { Window } from './window.ts';
import type { Witness, Witnesses } from './witnesses.ts';

/** Numbers of which it is remembered what came and who brought it: three seconds of MP3, further than healthy paths are apart. */
const MESSAGES = 128;
/** A path that has brought something else than the others is not believed for so long after the last time. */
const DOUBT_US = 60_000_000;
/** And only beside one that is believed, and has delivered within this. */
const OTHERS_US = 1_500_000;
/** What has paused for so long may have been gone on with by somebody else: as little as a relay waits for an owner. */
const BREAK_US = 1_500_000;
/** Bytes of a message that are looked at, and at most twice as many: whoever forges one does not know it before it has come. */
const LOOKED_AT_BYTES = 32;

/** A path whose copies are compared. */
export interface Compared extends Witness {
  /** Since when it has come without a long pause; and when it last brought something else than others; -Infinity: never. */
  unbrokenSince: number;
  contradictedAt: number;
}

/**
 * Whether the copies of a stream's messages are the same by all paths. Where they are not somebody makes up messages in the name of its encoder,
 * at a relay that has lost that encoder, or has started anew and heard the other one first. The path that has come without a break for longer
 * is believed: nobody goes on for an encoder before that has been silent at his relay.
 */
export class CopyCheck {
  readonly #told: (believed: Path, other: Path, messages: number) => void;
  /** The number, what came, and who brought it (`keyOf`); empty as long as there is one path. */
  #numbers: number[] = [];
  #digests: number[] = [];
  #keys: number[] = [];
  #contradictions = 0;

  /** @param told is told at powers of two that messages have differed, so many until now. */
  constructor(told: (believed: Path, other: Path, messages: number) => void) {
    this.#told = told;
  }

  /** Whether what this path brings is left to another one. Looks whether the message is what another one has brought. */
  refuses<W extends Compared>(now: Micros, witness: W, view: MessageView, witnesses: Witnesses<W>, window: Window): boolean {
    if (now - witness.rhythm.lastAt > BREAK_US) witness.unbrokenSince = now;
    const slot = view.sequence % MESSAGES;
    if (this.#numbers[slot] === view.sequence && this.#digests[slot] !== digestOf(view)) this.#contradicted(now, witness, this.#keys[slot]!, witnesses, window);
    return isDoubted(now, witness) && this.#isReplaced(now, witnesses);
  }

  /** A first copy has been taken in. */
  took(witness: Compared, view: MessageView, witnesses: number): void {
    if (witnesses < 2) return;
    const slot = view.sequence % MESSAGES;
    this.#numbers[slot] = view.sequence;
    this.#digests[slot] = digestOf(view);
    this.#keys[slot] = keyOf(witness);
  }

  /** Saves or restores its state. */
  archive(a: Archive): void {
    this.#numbers = a.list(Array.from(this.#numbers, (number) => number ?? -1), (number) => a.number(number ?? -1));
    this.#digests = a.list(Array.from(this.#digests, (digest) => digest ?? 0), (digest) => a.number(digest ?? 0));
    this.#keys = a.list(Array.from(this.#keys, (key) => key ?? 0), (key) => a.number(key ?? 0));
    this.#contradictions = a.number(this.#contradictions);
  }

  #contradicted<W extends Compared>(now: Micros, witness: W, key: number, witnesses: Witnesses<W>, window: Window): void {
    const first = [...witnesses].find((one) => keyOf(one) === key);
    if (first === undefined || first === witness) return;
    const other = isLessBelieved(now, first, witness) ? first : witness;
    other.contradictedAt = now;
    if (other === first) this.#dropHeld(other, window);
    this.#contradictions++;
    if ((this.#contradictions & (this.#contradictions - 1)) === 0) this.#told((other === first ? witness : first).path, other.path, this.#contradictions);
  }

  /** What it has brought before the others is not waited with: they bring it. */
  #dropHeld(witness: Compared, window: Window): void {
    const key = keyOf(witness);
    for (let slot = 0; slot < this.#keys.length; slot++) {
      if (this.#keys[slot] !== key) continue;
      window.take(this.#numbers[slot]!);
      this.#numbers[slot] = -1;
    }
  }

  #isReplaced(now: Micros, witnesses: Iterable<Compared>): boolean {
    for (const one of witnesses) if (!isDoubted(now, one) && now - one.hereAt < OTHERS_US) return true;
    return false;
  }
}

function isDoubted(now: Micros, { contradictedAt }: Compared): boolean {
  return now - contradictedAt < DOUBT_US;
}

/** Of two that bring different messages. Of two that are alike the one that was heard later. */
function isLessBelieved(now: Micros, first: Compared, second: Compared): boolean {
  if (isDoubted(now, first) !== isDoubted(now, second)) return isDoubted(now, first);
  return first.unbrokenSince > second.unbrokenSince;
}

function keyOf({ path, replica }: Compared): number {
  return path.id * 256 + replica;
}

function digestOf({ bytes, start, end }: MessageView): number {
  const from = start + PDU_HEADER_BYTES;
  const step = Math.max(1, Math.floor((end - from) / LOOKED_AT_BYTES));
  let digest = end - start;
  for (let at = from; at < end; at += step) digest = Math.imul(digest ^ bytes[at]!, 0x9e3779b1) | 0;
  return digest;
}
