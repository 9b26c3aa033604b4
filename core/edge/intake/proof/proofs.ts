import type { Snapshot } from '../../../base/snapshot.ts';
import { assert } from '../../../base/assert.ts';
import type { MemoryBudget } from '../../../base/memory/budget.ts';
import { TokenBucket } from '../../../base/token-bucket.ts';
import type { Timer } from '../../../base/timers.ts';
import { later, ms, type Micros } from '../../../base/units.ts';
import type { PathId } from '../../../base/machine.ts';
import type { Settings } from '../../../config/settings.ts';
import type { Path } from '../../../links/paths/path.ts';
import { RefusalReports } from '../../../links/paths/refusal-reports.ts';
import { oldest } from '../../../links/slots/slots.ts';
import { emptyMessageView, readMessage, REPLICA_AT, STREAM_ID_BYTES, streamIdOf, type MessageView } from '../../../wire/pdu.ts';
import { StreamTable } from '../../../wire/stream-table.ts';
import type { ProofChecks, Verify } from './checks.ts';
import type { ProofEvent, UnprovenReason } from './events.ts';
import { SignedStream, type SignedStreamHooks } from './signed-stream.ts';

export interface ProofsOptions {
  readonly settings: Settings;
  readonly budget: MemoryBudget;
  readonly checks: ProofChecks;
  /** What is wanted of a mountpoint; undefined: as its keys say. */
  readonly wanted: (mount: string) => Verify | undefined;
  /** Takes in a message that is given out; the view is borrowed for the call. */
  readonly admit: (now: Micros, path: Path, view: MessageView) => void;
  /** A message that was taken in is not what its encoder has signed: whoever has not heard it yet should not. */
  readonly tainted: (message: Uint8Array) => void;
  /** A stream with this id was taken in for another mountpoint than its own: it begins anew. */
  readonly misplaced: (now: Micros, id: Uint8Array) => void;
  readonly timer: (fire: (now: Micros) => void) => Timer<string>;
  /** There is no room for one more stream. */
  readonly full: () => void;
  readonly event: (event: ProofEvent) => void;
}

/** A relay that was found to forge is distrusted for so long: what it brings is held until it is verified. */
const DISTRUST_US = 600_000_000 as Micros;
const MAX_PEERS = 256;
/** Wrong signatures by one peer, of all streams that are not proven: a verification takes 0.1 ms. */
const WRONG_AT_ONCE = 256;
const WRONG_PER_SECOND = 32;

/**
 * Stands before everything else that an edge does with messages, where streams have to be signed.
 *
 *     PathReceiver -> Proofs -> stream of the message
 */
export class Proofs {
  readonly #options: ProofsOptions;
  readonly #hooks: SignedStreamHooks;
  readonly #streams = new StreamTable<SignedStream>();
  readonly #reports = new RefusalReports();
  /** Names of peers, and until when. */
  #distrusted: Map<string, Micros> = new Map();
  /** By the names of peers that have brought wrong signatures of streams that are not proven. */
  #wrong: Map<string, TokenBucket> = new Map();
  readonly #view = emptyMessageView();

  constructor(options: ProofsOptions) {
    const { settings, budget, checks, wanted, tainted, misplaced } = options;
    this.#options = options;
    this.#hooks = {
      settings,
      budget,
      checks,
      tainted,
      misplaced: (now, { id }) => misplaced(now, id),
      verifyOf: (mount) => wanted(mount) ?? (checks.covers(mount) !== 0 ? 'switch' : 'off'),
      admit: (now, path, message, replica) => this.#admit(now, path, message, replica),
      isDistrusted: (now, path) => this.#isDistrusted(now, path),
      forged: (now, stream, path, given) => this.#forged(now, stream, path, given),
      unproven: (now, stream, path, why) => this.#unproven(now, stream, path, why),
      mayVerify: (now, { peer }) => this.#wrong.get(peer.name)?.isEmpty(now) !== true,
      failed: (now, { peer }) => this.#wrongBy(peer.name).take(now),
    };
  }

  /** What is held until it is verified. */
  get heldBytes(): number {
    let sum = 0;
    for (const { heldBytes } of this.#streams) sum += heldBytes;
    return sum;
  }

  /** Takes in one copy of a message; true when it is to be given out at once. */
  take(now: Micros, path: Path, view: MessageView): boolean {
    let stream = this.#streams.find(view.bytes, view.start);
    if (stream === undefined) {
      if (!this.#makeRoom(now, path)) {
        this.#options.full();
        path.drop('too-many-streams');
        return false;
      }
      stream = this.#newStream(now, streamIdOf(view.bytes, view.start));
      this.#streams.add(stream);
      stream.timer.set(stream.dueAt);
    }
    return stream.take(now, path, view);
  }

  /** Whether something has come of the stream of a message: it may be that nothing of it was given out yet. */
  has({ bytes, start }: MessageView): boolean {
    return this.#streams.find(bytes, start) !== undefined;
  }

  /** The mountpoint that the stream of a message is announced for, verified or not; undefined where nothing has said that. */
  mountOf({ bytes, start }: MessageView): string | undefined {
    const mount = this.#streams.find(bytes, start)?.mount;
    return mount === '' ? undefined : mount;
  }

  /** Those of other mountpoints are not taken in any more. */
  letGo(isWanted: (mount: string) => boolean): void {
    for (const stream of this.#streams) {
      if (stream.mount === '' || isWanted(stream.mount)) continue;
      this.#streams.delete(stream);
      stream.dispose();
    }
  }

  /** A path is closed. */
  forgetPath(path: Path): void {
    for (const stream of this.#streams) stream.forgetPath(path);
  }

  /** Saves or restores its state; the paths it names are open. */
  snapshot(a: Snapshot, pathOf: (id: PathId) => Path): void {
    const streams = a.list(this.#streams, (saved) => {
      const id = a.bytes(saved?.id ?? NO_ID);
      const stream = saved ?? this.#newStream(0 as Micros, id);
      stream.snapshot(a, pathOf);
      return stream;
    });
    if (a.isLoading) for (const stream of streams) this.#streams.add(stream);
    this.#distrusted = new Map(a.list(this.#distrusted, (entry) => [a.text(entry?.[0] ?? ''), a.number(entry?.[1] ?? (0 as Micros))]));
    this.#reports.snapshot(a);
    this.#wrong = new Map(a.list(this.#wrong, (entry) => {
      const peer = a.text(entry?.[0] ?? '');
      const bucket = entry?.[1] ?? newBucket();
      bucket.snapshot(a);
      return entry ?? [peer, bucket];
    }));
  }

  #newStream(now: Micros, id: Uint8Array): SignedStream {
    const stream: SignedStream = new SignedStream(id, now, this.#hooks, (fire) =>
      this.#options.timer((at) => {
        fire(at);
        this.#look(at, stream);
      }));
    return stream;
  }

  /** It is forgotten when nothing comes any more. */
  #look(now: Micros, stream: SignedStream): void {
    if (!stream.isEmpty || now < later(stream.heardAt, ms(this.#options.settings.forgetMs))) return stream.timer.set(stream.dueAt);
    this.#streams.delete(stream);
    stream.dispose();
  }

  /** The first one goes that has to be proven, and is not; or else that need not be: it begins anew with its next ANNOUNCE. */
  #makeRoom(now: Micros, path: Path): boolean {
    if (this.#streams.size < this.#options.settings.maxStreams) return true;
    // To look costs as much as a thousand messages.
    if (!path.mayBringStream(now)) return false;
    const all = [...this.#streams];
    const gone = all.find(({ isDoubtful }) => isDoubtful) ?? all.find(({ isProven }) => !isProven);
    if (gone === undefined) return false;
    this.#streams.delete(gone);
    gone.dispose();
    return true;
  }

  #wrongBy(peer: string): TokenBucket {
    const known = this.#wrong.get(peer);
    if (known !== undefined) return known;
    const bucket = newBucket();
    this.#wrong.set(peer, bucket);
    if (this.#wrong.size > MAX_PEERS) this.#wrong.delete(oldest(this.#wrong.keys())!);
    return bucket;
  }

  #admit(now: Micros, path: Path, message: Uint8Array, replica: number): void {
    if (!path.isOpen) return;
    message[REPLICA_AT] = replica;
    assert(readMessage(this.#view, message, 0, message.length) === undefined, 'a message is held that is none');
    this.#options.admit(now, path, this.#view);
  }

  #isDistrusted(now: Micros, { peer }: Path): boolean {
    if (this.#distrusted.size === 0) return false;
    const until = this.#distrusted.get(peer.name);
    if (until === undefined || now < until) return until !== undefined;
    this.#distrusted.delete(peer.name);
    return false;
  }

  #forged(now: Micros, { mount, name }: SignedStream, { peer }: Path, given: number): void {
    this.#distrusted.delete(peer.name);
    this.#distrusted.set(peer.name, later(now, DISTRUST_US));
    if (this.#distrusted.size > MAX_PEERS) this.#distrusted.delete(oldest(this.#distrusted.keys())!);
    const refused = this.#reports.add(now, `relay-forges ${peer.name}`, given);
    if (refused !== undefined) this.#options.event({ kind: 'relay-forges', label: peer.name, mount, stream: name, ...refused });
  }

  #unproven(now: Micros, { mount, name }: SignedStream, { peer }: Path, why: UnprovenReason): void {
    const refused = this.#reports.add(now, `stream-unproven ${why} ${peer.name}`);
    if (refused !== undefined) this.#options.event({ kind: 'stream-unproven', label: peer.name, mount, stream: name, why, messages: refused.messages });
  }
}

function newBucket(): TokenBucket {
  return new TokenBucket(WRONG_AT_ONCE, WRONG_PER_SECOND);
}

const NO_ID = new Uint8Array(STREAM_ID_BYTES);
