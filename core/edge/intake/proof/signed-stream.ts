import type { Snapshot } from '../../../base/snapshot.ts';
import type { MemoryBudget } from '../../../base/memory/budget.ts';
import { TokenBucket } from '../../../base/token-bucket.ts';
import type { Timer } from '../../../base/timers.ts';
import { later, ms, type Micros } from '../../../base/units.ts';
import type { PathId } from '../../../base/machine.ts';
import type { Settings } from '../../../config/settings.ts';
import type { Path } from '../../../links/paths/path.ts';
import { decodeAnnouncement } from '../../../wire/messages/announce.ts';
import { formatStreamId, MessageType, PDU_HEADER_BYTES, type MessageView } from '../../../wire/pdu.ts';
import { decodeSignature, type Signed } from '../../../wire/messages/signature.ts';
import { signatureFaults, type ProofChecks, type SignatureFault, type Verify } from './checks.ts';
import { chainOf, Copies, type Copy } from './copies.ts';
import type { UnprovenReason } from './events.ts';
import { digestAt, Ranges, type Range } from './ranges.ts';

export interface SignedStreamHooks {
  readonly settings: Settings;
  readonly budget: MemoryBudget;
  readonly checks: ProofChecks;
  readonly verifyOf: (mount: string) => Verify;
  /** Gives a message out that was held. */
  readonly admit: (now: Micros, path: Path, message: Uint8Array, replica: number) => void;
  /** Whether what a path brings is held until it is verified, in all streams. */
  readonly isDistrusted: (now: Micros, path: Path) => boolean;
  /** Messages by these paths are not what was signed; `given` of them were given out. */
  readonly forged: (now: Micros, stream: SignedStream, path: Path, given: number) => void;
  /** It was given out as a stream of another mountpoint than its own, unverified. */
  readonly misplaced: (now: Micros, stream: SignedStream) => void;
  /** A message that was given out is not what was signed. */
  readonly tainted: (message: Uint8Array) => void;
  /** A message was refused, for nothing proves it. */
  readonly unproven: (now: Micros, stream: SignedStream, path: Path, why: UnprovenReason) => void;
  /** False: so many signatures by this path, of streams that are not proven, were wrong that no more are verified for the time being. */
  readonly mayVerify: (now: Micros, path: Path) => boolean;
  readonly failed: (now: Micros, path: Path) => void;
}

/** What is held of one stream: more than two seconds of any format, with both of two relays' versions. */
const MAX_COPIES = 1_024;
const MAX_COPIES_BYTES = 1_048_576;
/** Ways by which a message has come that are remembered: more than there are relays, with two replicas each. */
const MAX_BRINGERS = 16;
/** Wrong signatures of one path that are verified: a verification costs as much as a hundred messages. */
const WRONG_AT_ONCE = 8;
const WRONG_PER_SECOND = 0.5;
/** Before a stream's second signature, how many messages one covers is not known. */
const LEAST_AHEAD = 16;

/**
 * One stream of which it may have to be proven that it is as its encoder has made it.
 *
 *     message -> covered by a signature?  -- as signed --> given out         -- otherwise --> dropped: forged
 *             -> 'switch', proven stream  -- given out, and a copy kept until its signature comes
 *             -> otherwise                -- held until its signature comes, at most `unsignedMs`
 *
 * It is judged before it is told which message comes first: so of two with one number the true one counts, whichever came first. Where two differ, all is held
 * until a signature has said which is true.
 */
export class SignedStream {
  readonly id: Uint8Array;
  readonly name: string;
  readonly timer: Timer<string>;
  readonly #hooks: SignedStreamHooks;
  readonly #copies: Copies;
  readonly #ranges: Ranges = new Ranges();
  readonly #failures: Map<Path, TokenBucket> = new Map();
  /** Of its newest ANNOUNCE, or as a signature says; undefined before the first. */
  #mount: string | undefined;
  #verify: Verify = 'hold';
  /** An ANNOUNCE of it is signed. */
  #isProven = false;
  #provenAt = 0 as Micros;
  /** The highest number of which two different messages have come, and no signature yet; -1: there is none. */
  #conflictAt = -1;
  #fault: SignatureFault = 'none';
  heardAt: Micros;

  constructor(id: Uint8Array, now: Micros, hooks: SignedStreamHooks, timer: (fire: (now: Micros) => void) => Timer<string>) {
    this.id = id;
    this.name = formatStreamId(id);
    this.heardAt = now;
    this.#hooks = hooks;
    this.#copies = new Copies(hooks.budget);
    this.timer = timer((at) => this.#expire(at));
  }

  get mount(): string {
    return this.#mount ?? '';
  }

  get isProven(): boolean {
    return this.#isProven;
  }

  /** It may have to be proven, and nothing of it is yet. */
  get isDoubtful(): boolean {
    return !this.#isProven && this.#verify !== 'off';
  }

  get heldBytes(): number {
    return this.#copies.bytes;
  }

  /** When something is to be dropped, or looked at; the stream can be forgotten when nothing is kept. */
  get dueAt(): Micros {
    const { unsignedMs, forgetMs } = this.#hooks.settings;
    const { oldestAt } = this.#copies;
    return oldestAt === undefined ? later(this.heardAt, ms(forgetMs)) : later(oldestAt, ms(unsignedMs));
  }

  get isEmpty(): boolean {
    return this.#copies.count === 0;
  }

  /** Takes in one copy of a message; true when it is to be given out at once. Others are given out by `admit`, or never. */
  take(now: Micros, path: Path, view: MessageView): boolean {
    this.heardAt = now;
    if (view.type === MessageType.ANNOUNCE && !this.#announced(now, path, view)) return false;
    if (this.#verify === 'off' && (view.type !== MessageType.SIGNATURE || !this.#isMisplaced(view))) return true;
    if (view.type === MessageType.SIGNATURE) return this.#signature(now, path, view);
    const range = this.#ranges.of(view.sequence);
    if (range !== undefined) return this.#judge(now, path, view, range);
    return this.#unsigned(now, path, view);
  }

  /** A path is closed. */
  forgetPath(path: Path): void {
    this.#failures.delete(path);
    this.#copies.forgetPath(path);
  }

  dispose(): void {
    this.timer.cancel();
    this.#copies.dispose();
  }

  /** Saves or restores its state; the paths it names are open. */
  snapshot(a: Snapshot, pathOf: (id: PathId) => Path): void {
    this.timer.snapshot(a);
    this.#copies.snapshot(a, pathOf);
    this.#ranges.snapshot(a);
    for (const [path, bucket] of a.list<[Path, TokenBucket]>(this.#failures, (entry) => {
      const path = a.number(entry?.[0].id ?? (0 as PathId));
      const bucket = entry?.[1] ?? newBucket();
      bucket.snapshot(a);
      return entry ?? ([pathOf(path), bucket] satisfies [Path, TokenBucket]);
    })) if (a.isLoading) this.#failures.set(path, bucket);
    this.#mount = a.maybeText(this.#mount);
    this.#verify = a.text(this.#verify);
    this.#isProven = a.flag(this.#isProven);
    this.#provenAt = a.number(this.#provenAt);
    this.#conflictAt = a.number(this.#conflictAt);
    this.#fault = a.text(this.#fault);
    this.heardAt = a.number(this.heardAt);
  }

  /** Its first ANNOUNCE counts, as for an `EdgeStream`, until a signature says otherwise. False when this one is not to be believed. */
  #announced(now: Micros, path: Path, { bytes, start, end }: MessageView): boolean {
    const mount = mountIn(bytes, start, end);
    if (mount === undefined) return true;
    if (this.#mount === undefined || mount === this.#mount) {
      this.#belongsTo(now, mount);
      return true;
    }
    // It may be the true one: that is known when its signature has come.
    if (this.#verify !== 'off' && !this.#isProven) return true;
    if (this.#verify === 'off') path.drop('unsigned');
    else this.#forged(now, path, 0);
    return false;
  }

  #belongsTo(now: Micros, mount: string): void {
    this.#mount = mount;
    this.#verify = this.#hooks.verifyOf(mount);
    if (this.#verify === 'off') for (const sequence of this.#copies.sequences) this.#admitAll(now, this.#copies.take(sequence));
  }

  /** A stream of a mountpoint that is not verified is signed for one that is: then somebody has announced it for another one than its own. */
  #isMisplaced(view: MessageView): boolean {
    const mountpoint = decodeSignature(view)?.mountpoint;
    return mountpoint !== undefined && mountpoint !== this.#mount && this.#hooks.verifyOf(mountpoint) !== 'off';
  }

  /** What it is, a signature has said. */
  #judge(now: Micros, path: Path, { bytes, start, end, sequence }: MessageView, range: Range): boolean {
    const message = bytes.subarray(start, end);
    if (sequence < range.to && this.#hooks.checks.differs(message, range.digests, digestAt(range, sequence)) === 0) return true;
    this.#forged(now, path, 0);
    return false;
  }

  #unsigned(now: Micros, path: Path, view: MessageView): boolean {
    const { bytes, start, end, sequence, replica } = view;
    const { checks } = this.#hooks;
    const others = this.#copies.of(sequence);
    for (let copy = others; copy !== undefined; copy = copy.next) {
      if (checks.isOther(copy.message, bytes, start, end) !== 0) continue;
      if (!copy.by.some((one) => one.path === path && one.replica === replica) && copy.by.length < MAX_BRINGERS) copy.by = [...copy.by, { path, replica }];
      if (copy.isGiven) return true;
      if (!isAnyGiven(others) && this.#mayGive(now, path, sequence)) {
        copy.isGiven = true;
        this.#admit(now, copy);
      }
      return false;
    }
    if (others !== undefined) this.#disagree(now, path, sequence, others);
    const isGiven = !isAnyGiven(others) && this.#mayGive(now, path, sequence);
    if (!isGiven && !this.#hasRoom(path)) {
      this.#unproven(now, path, view.type);
      return false;
    }
    const wasEmpty = this.isEmpty;
    this.#copies.add(sequence, bytes, start, end, now, { path, replica }, isGiven);
    if (wasEmpty) this.timer.set(this.dueAt);
    return isGiven;
  }

  /** A path brings another message with the number of one that has come. */
  #disagree(now: Micros, path: Path, sequence: number, others: Copy): void {
    const { isDistrusted } = this.#hooks;
    if (isDistrusted(now, path)) return;
    const before = chainOf(others);
    // No relay has two of one number.
    if (before.some(({ by }) => by.some((one) => one.path === path))) this.#hooks.forged(now, this, path, 0);
    else if (before.some(({ by }) => by.some((one) => !isDistrusted(now, one.path)))) this.#conflictAt = Math.max(this.#conflictAt, sequence);
  }

  /** Whether a message may be given out before it is verified: little of a stream that was proven, if nothing speaks against it. */
  #mayGive(now: Micros, path: Path, sequence: number): boolean {
    if (this.#verify !== 'switch' || !this.#isProven || this.#conflictAt >= 0) return false;
    const { newest, most } = this.#ranges;
    if (sequence <= newest || sequence > newest + 2 * Math.max(most, LEAST_AHEAD) + 2) return false;
    if (now > later(this.#provenAt, ms(this.#hooks.settings.unsignedMs))) return false;
    return !this.#hooks.isDistrusted(now, path);
  }

  #hasRoom(path: Path): boolean {
    const { count, bytes } = this.#copies;
    if (count >= MAX_COPIES || bytes >= MAX_COPIES_BYTES) return false;
    if (!this.#isProven && this.#hooks.budget.isSpent) return false;
    // No path takes the room of all others.
    return count < MAX_COPIES / 2 || this.#copies.heldOf(path) < MAX_COPIES / 2;
  }

  /** A SIGNATURE: true when it is one that was there already. */
  #signature(now: Micros, path: Path, view: MessageView): boolean {
    if (this.#ranges.isPast(view.sequence)) {
      // One that is good can be sent again and again, and would be verified each time.
      path.drop('bad-signature');
      return false;
    }
    const known = this.#ranges.of(view.sequence);
    const signed = decodeSignature(view);
    if (known !== undefined && signed !== undefined && known.to === signed.to && isSame(known.signature, signed.signature)) return true;
    const fault = signed === undefined || known !== undefined ? 'wrong' : this.#verified(now, path, signed);
    if (fault === 'none') {
      this.#accept(now, signed!);
      // Before what lies behind it.
      this.#hooks.admit(now, path, view.bytes.slice(view.start, view.end), view.replica);
      this.#giveHeld(now);
      return false;
    }
    if (fault === 'wrong') this.#hooks.forged(now, this, path, 0);
    if (fault !== undefined) this.#fault = fault;
    path.drop('bad-signature');
    return false;
  }

  /** Undefined: too many were wrong for one more to be verified. */
  #verified(now: Micros, path: Path, signed: Signed): SignatureFault | undefined {
    if (this.#isProven && signed.mountpoint !== this.#mount) return 'wrong';
    const { checks, mayVerify, failed } = this.#hooks;
    const bucket = this.#failures.get(path);
    if (bucket?.isEmpty(now) === true || (!this.#isProven && !mayVerify(now, path))) return undefined;
    const fault = signatureFaults[checks.faultOf(signed)] ?? 'wrong';
    if (fault === 'none') return fault;
    const spent = bucket ?? newBucket();
    spent.take(now);
    this.#failures.set(path, spent);
    if (!this.#isProven) failed(now, path);
    return fault;
  }

  /** What has come is held against what was signed. */
  #accept(now: Micros, { from, to, digests, signature, mountpoint }: Signed): void {
    const range: Range = { from, to, digests, signature };
    this.#ranges.add(range);
    this.#provenAt = now;
    this.#fault = 'none';
    if (!this.#isProven && mountpoint !== this.#mount) {
      if (this.#verify === 'off') this.#hooks.misplaced(now, this);
      this.#belongsTo(now, mountpoint);
    }
    for (let sequence = from; sequence < to; sequence++) this.#settle(now, range, this.#copies.take(sequence));
    // Nothing else can have the number of a SIGNATURE.
    for (let copy = this.#copies.take(to); copy !== undefined; copy = copy.next) for (const { path } of copy.by) this.#forged(now, path, copy.isGiven ? 1 : 0);
    if (this.#conflictAt <= to) this.#conflictAt = -1;
  }

  /** All messages of one number. */
  #settle(now: Micros, range: Range, first: Copy | undefined): void {
    for (let copy = first; copy !== undefined; copy = copy.next) {
      if (this.#hooks.checks.differs(copy.message, range.digests, digestAt(range, copy.sequence)) !== 0) {
        if (copy.isGiven) this.#hooks.tainted(copy.message);
        for (const [place, { path }] of copy.by.entries()) this.#forged(now, path, copy.isGiven && place === 0 ? 1 : 0);
        continue;
      }
      if (copy.message[0] === MessageType.ANNOUNCE) this.#isProven = true;
      if (!copy.isGiven) this.#admit(now, copy);
    }
  }

  /** What was held only because it was not known whether the stream is proven, or who is to be believed. */
  #giveHeld(now: Micros): void {
    if (this.#verify !== 'switch') return;
    for (const sequence of this.#copies.sequences) {
      const copies = chainOf(this.#copies.of(sequence));
      const [trusted, ...others] = copies.filter(({ by }) => by.some(({ path }) => this.#mayGive(now, path, sequence)));
      if (trusted === undefined || others.length > 0 || copies.some(({ isGiven }) => isGiven)) continue;
      trusted.isGiven = true;
      this.#admit(now, trusted);
    }
  }

  #admitAll(now: Micros, first: Copy | undefined): void {
    for (const copy of chainOf(first).toReversed()) if (!copy.isGiven && this.#isOfItsMount(copy)) this.#admit(now, copy);
  }

  /** An ANNOUNCE for another mountpoint, which is verified perhaps, must not go out with what is not. */
  #isOfItsMount({ message }: Copy): boolean {
    return message[0] !== MessageType.ANNOUNCE || (mountIn(message, 0, message.length) ?? this.#mount) === this.#mount;
  }

  /** By each path that has brought it: that it has says how far the path is. */
  #admit(now: Micros, { message, by }: Copy): void {
    for (const { path, replica } of by) this.#hooks.admit(now, path, message, replica);
  }

  #forged(now: Micros, path: Path, given: number): void {
    path.drop('forged');
    this.#hooks.forged(now, this, path, given);
  }

  /** What a relay says first of a stream that has ended proves nothing, and is no reason to tell anybody: its audio would be. */
  #unproven(now: Micros, path: Path, type: number): void {
    path.drop('unsigned');
    if (type === MessageType.DATA) this.#hooks.unproven(now, this, path, this.#fault === 'none' ? 'no-signature' : this.#fault);
  }

  /** No signature has come for what has been there for so long. */
  #expire(now: Micros): void {
    const before = (now - ms(this.#hooks.settings.unsignedMs)) as Micros;
    for (let sequence = this.#copies.olderThan(before); sequence !== undefined; sequence = this.#copies.olderThan(before)) {
      for (let copy = this.#copies.take(sequence); copy !== undefined; copy = copy.next) {
        if (!copy.isGiven && copy.by[0] !== undefined) this.#unproven(now, copy.by[0].path, copy.message[0]!);
      }
      if (sequence >= this.#conflictAt) this.#conflictAt = -1;
    }
  }
}

function mountIn(bytes: Uint8Array, start: number, end: number): string | undefined {
  return decodeAnnouncement(bytes.subarray(start + PDU_HEADER_BYTES, end))?.mountpoint;
}

function isAnyGiven(first: Copy | undefined): boolean {
  for (let copy = first; copy !== undefined; copy = copy.next) if (copy.isGiven) return true;
  return false;
}

function newBucket(): TokenBucket {
  return new TokenBucket(WRONG_AT_ONCE, WRONG_PER_SECOND);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
