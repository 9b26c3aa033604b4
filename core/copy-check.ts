import type { Archive } from './archive.ts';
import type { Path } from './intake.ts';
import type { PathId } from './machine.ts';
import { PDU_HEADER_BYTES, type MessageView } from './pdu.ts';
import type { Micros } from './units.ts';
import type { Window } from './window.ts';

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

/** What one path has shown, whatever replica number its copies have: these can be made up. */
interface Standing {
  readonly path: Path;
  /** Since when it has come without a long pause, when it last did, and when it last brought something else than others; -Infinity: never. */
  unbrokenSince: number;
  lastAt: number;
  contradictedAt: number;
}

/**
 * Whether the copies of a stream's messages are the same by all paths. Where they are not somebody makes up messages in the name of its encoder,
 * at a relay that has lost that encoder, or has started anew and heard the other one first. The path that has come without a break for longer
 * is believed: nobody goes on for an encoder before that has been silent at his relay.
 */
export class CopyCheck {
  readonly #told: (believed: Path, other: Path, messages: number) => void;
  readonly #standings: Standing[] = [];
  /** The number, what came, and the path that brought it; empty as long as there is one path. */
  #numbers: number[] = [];
  #digests: number[] = [];
  #paths: number[] = [];
  #contradictions = 0;

  /** @param told is told at powers of two that messages have differed, so many until now. */
  constructor(told: (believed: Path, other: Path, messages: number) => void) {
    this.#told = told;
  }

  /** Whether what this path brings is left to another one. Looks whether the message is what another one has brought. */
  refuses(now: Micros, path: Path, view: MessageView, window: Window): boolean {
    const slot = view.sequence % MESSAGES;
    if (this.#numbers[slot] === view.sequence && this.#digests[slot] !== digestOf(view)) this.#contradicted(now, this.#of(now, path), this.#paths[slot]!, window);
    if (this.#contradictions === 0) return false;
    return isDoubted(now, this.#of(now, path)) && this.#standings.some((one) => !isDoubted(now, one) && now - one.lastAt < OTHERS_US);
  }

  /** A message has come by a path, at the place of the stream; `isFirst` of its copies. */
  took(now: Micros, path: Path, view: MessageView, isFirst: boolean): void {
    const standing = this.#of(now, path);
    if (now - standing.lastAt > BREAK_US) standing.unbrokenSince = now;
    standing.lastAt = now;
    if (!isFirst || this.#standings.length < 2) return;
    const slot = view.sequence % MESSAGES;
    this.#numbers[slot] = view.sequence;
    this.#digests[slot] = digestOf(view);
    this.#paths[slot] = path.id;
  }

  /** A connection is gone. */
  forgetPath(path: Path): void {
    const at = this.#standings.findIndex((one) => one.path === path);
    if (at >= 0) this.#standings.splice(at, 1);
  }

  /** Saves or restores its state; the paths it names are open. */
  archive(a: Archive, pathOf: (id: PathId) => Path): void {
    const standings = a.list(this.#standings, (one) => ({
      path: pathOf(a.number(one?.path.id ?? (0 as PathId))),
      unbrokenSince: a.number(one?.unbrokenSince ?? 0),
      lastAt: a.number(one?.lastAt ?? 0),
      contradictedAt: a.number(one?.contradictedAt ?? 0),
    }));
    if (a.isLoading) this.#standings.push(...standings);
    this.#numbers = archiveSlots(a, this.#numbers, -1);
    this.#digests = archiveSlots(a, this.#digests, 0);
    this.#paths = archiveSlots(a, this.#paths, 0);
    this.#contradictions = a.number(this.#contradictions);
  }

  /** Paths are the relays of an edge: few, and only those that are open. */
  #of(now: Micros, path: Path): Standing {
    for (const one of this.#standings) if (one.path === path) return one;
    const standing = { path, unbrokenSince: now, lastAt: -Infinity, contradictedAt: -Infinity };
    this.#standings.push(standing);
    return standing;
  }

  #contradicted(now: Micros, second: Standing, firstPath: number, window: Window): void {
    const first = this.#standings.find(({ path }) => path.id === firstPath);
    if (first === undefined || first === second) return;
    const other = isLessBelieved(now, first, second) ? first : second;
    other.contradictedAt = now;
    if (other === first) this.#dropHeld(other, window);
    this.#contradictions++;
    if ((this.#contradictions & (this.#contradictions - 1)) === 0) this.#told((other === first ? second : first).path, other.path, this.#contradictions);
  }

  /** What it has brought before the others is not waited with: they bring it. */
  #dropHeld({ path }: Standing, window: Window): void {
    for (let slot = 0; slot < this.#paths.length; slot++) {
      if (this.#paths[slot] !== path.id) continue;
      window.take(this.#numbers[slot]!);
      this.#numbers[slot] = -1;
    }
  }
}

function isDoubted(now: Micros, { contradictedAt }: Standing): boolean {
  return now - contradictedAt < DOUBT_US;
}

/** Of two that bring different messages. Of two that are alike the one that was heard later. */
function isLessBelieved(now: Micros, first: Standing, second: Standing): boolean {
  if (isDoubted(now, first) !== isDoubted(now, second)) return isDoubted(now, first);
  const isBroken = now - second.lastAt > BREAK_US;
  return !isBroken && first.unbrokenSince > second.unbrokenSince;
}

function archiveSlots(a: Archive, slots: readonly number[], none: number): number[] {
  return a.list(Array.from(slots, (slot) => slot ?? none), (slot) => a.number(slot ?? none));
}

function digestOf({ bytes, start, end }: MessageView): number {
  const from = start + PDU_HEADER_BYTES;
  const step = Math.max(1, Math.floor((end - from) / LOOKED_AT_BYTES));
  let digest = end - start;
  for (let at = from; at < end; at += step) digest = Math.imul(digest ^ bytes[at]!, 0x9e3779b1) | 0;
  return digest;
}
