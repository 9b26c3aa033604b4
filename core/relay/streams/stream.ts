import type { Snapshot } from '../../base/snapshot.ts';
import type { MemoryBudget } from '../../base/memory/budget.ts';
import { snapshotTitle } from '../../links/known/set-titles.ts';
import { snapshotReport, SourceStatus } from '../../links/paths/source-status.ts';
import type { RelayEvent } from '../events.ts';
import type { StatusReport } from '../../wire/messages/extensions.ts';
import { encodeMoment, type Moment } from '../../wire/messages/moment-message.ts';
import { prefixed } from '../../wire/framing.ts';
import { isNewer, titleIn, type SetTitle } from '../../wire/messages/set-title.ts';
import { FirstCopies } from './first-copies.ts';
import { MomentNews } from './moment-news.ts';
import { isPowerOfTwo } from '../../base/memory/bounds.ts';
import type { EncoderName } from '../../links/peers/encoder-name.ts';
import type { Path } from '../../links/paths/path.ts';
import type { Journal } from '../../base/memory/journal.ts';
import type { PathId } from '../../base/machine.ts';
import { Ownership } from './ownership.ts';
import { formatStreamId, MessageType, type MessageView } from '../../wire/pdu.ts';
import type { Run } from '../../arrival/order/place.ts';
import { isOpening, RelayOpening, type OpeningBytes } from './opening.ts';
import type { Settings } from '../../config/settings.ts';
import { PROVEN_AFTER_US, type Worth } from '../../links/slots/stream-slots.ts';
import type { Timer } from '../../base/timers.ts';
import { later, ms, type Micros } from '../../base/units.ts';

export interface RelayStreamOptions {
  readonly id: Uint8Array;
  readonly now: Micros;
  /** The address of the connection that brings it; '' when that is another relay. */
  readonly holder: string;
  readonly settings: Settings;
  /** Where first copies go, and what there is to say of its source. */
  readonly journal: Journal;
  /** Of what all streams keep of rival places. */
  readonly rivalBudget: MemoryBudget;
  readonly openingBytes: OpeningBytes;
  /** Due when nothing new of it has come for `forgetMs`. */
  readonly forget: Timer<string>;
  /** The first copy of a TITLE, by whom it has come. */
  readonly title: (stream: RelayStream, title: SetTitle, by: string) => void;
  readonly event: (event: RelayEvent) => void;
}

/**
 * One stream at a relay: whose it is, by which paths it comes, and what a new subscriber needs first of it.
 *
 *     copies -> its owner's? -> first copy, where the stream is? -> newest of its kind kept -> journal
 */
export class RelayStream {
  readonly id: Uint8Array;
  readonly #settings: Settings;
  readonly #journal: Journal;
  readonly #event: (event: RelayEvent) => void;
  readonly #forget: Timer<string>;
  readonly #title: RelayStreamOptions['title'];
  readonly #copies: FirstCopies;
  readonly #ownership = new Ownership();
  readonly #sourceStatus = new SourceStatus();
  readonly #opening: RelayOpening;
  #holder: string;
  /** When it was new. */
  #bornAt: Micros;
  #heardAt: Micros;
  #hasAudio = false;
  #hasStrays = false;
  /** It says itself when it was recorded. */
  #saysTime = false;
  /** What edges have said of that, if it does not. */
  readonly #moments = new MomentNews();
  /** The newest TITLE of before it has said which mountpoint that is for. */
  #earlyTitle: SetTitle | undefined;
  /** The number of the message that was passed on last. */
  #sequence = 0;
  /** What subscribers have been told of its source. */
  #told: StatusReport | undefined;
  /** The time of the call that is going on, and the path whose message is taken in. */
  #now = 0 as Micros;
  #by: Path | undefined;

  constructor({ id, now, holder, settings, journal, rivalBudget, openingBytes, forget, title, event }: RelayStreamOptions) {
    this.id = id;
    this.#bornAt = now;
    this.#heardAt = now;
    this.#holder = holder;
    this.#settings = settings;
    this.#journal = journal;
    this.#forget = forget;
    this.#title = title;
    this.#event = event;
    this.#copies = new FirstCopies(settings, rivalBudget, (view) => this.#passOn(view));
    this.#opening = new RelayOpening(id, openingBytes);
  }

  /** Without its leading slash; '' before its first ANNOUNCE. */
  get mount(): string {
    return this.#opening.mount;
  }

  /** The peer that has brought it first, by its address; '' when that is another relay. */
  get holder(): string {
    return this.#holder;
  }

  /** Who sends it, as far as that is known. */
  get encoder(): EncoderName {
    return { origin: this.#opening.origin ?? '', source: this.#sourceStatus.report?.address ?? this.#holder };
  }

  /** When something new of it came last. */
  get heardAt(): Micros {
    return this.#heardAt;
  }

  /** Paths that are no carrying paths of it have brought messages with its id. */
  get hasStrays(): boolean {
    return this.#hasStrays;
  }

  /** Those by which it comes. */
  get carryingPaths(): readonly Path[] {
    return this.#sourceStatus.paths;
  }

  /** Whether it comes by this path. */
  isCarriedBy(path: Path): boolean {
    return this.#sourceStatus.paths.includes(path);
  }

  /** All open paths that are remembered in it. */
  get paths(): readonly Path[] {
    return [...this.#sourceStatus.paths, ...this.#copies.paths];
  }

  /** The sequence numbers that were passed on. */
  get runs(): readonly Run[] {
    return this.#copies.runs;
  }

  /** All that a new subscriber needs first of it. */
  get opening(): Uint8Array {
    const opening = this.#opening.packed(this.#sourceStatus.report);
    const { newest } = this.#moments;
    const moment = newest && this.#momentMessage(newest);
    return moment === undefined ? opening : joined(opening, prefixed(moment));
  }

  /** Whether this says more of when it was recorded than was known. What nobody can know by now is believed of nobody. */
  isMomentNews(moment: Moment): boolean {
    return !this.#saysTime && this.#moments.isNews(moment, this.#sequence);
  }

  /** Returns the message that tells of it; undefined before the first ANNOUNCE. */
  keepMoment(moment: Moment): Uint8Array | undefined {
    const message = this.#momentMessage(moment);
    if (message !== undefined) this.#moments.keep(moment, this.#sequence);
    return message;
  }

  /** A message of the relay's own, which has no place in the stream's sequence; undefined before its first ANNOUNCE. */
  unordered(type: number, payload: Uint8Array): Uint8Array | undefined {
    return this.#opening.unordered(type, payload);
  }

  worth(now: Micros): Worth {
    const isHeard = this.#hasAudio && this.mount !== '' && now - this.#heardAt < PROVEN_AFTER_US;
    return { use: !isHeard ? 'none' : this.#heardAt - this.#bornAt < PROVEN_AFTER_US ? 'young' : 'proven', since: this.#bornAt, holder: this.#holder };
  }

  /** It is new here. Nothing of these numbers, which it had before it was forgotten, is passed on a second time. */
  begin(now: Micros, runs: readonly Run[]): void {
    this.#copies.goOnBehind(runs);
    this.#heard(now);
  }

  /** Whether a message that comes by this path is to be taken; otherwise it is counted there. */
  admits(now: Micros, path: Path, sequence: number): boolean {
    const said = this.#sourceStatus.report?.address ?? '';
    if (this.#ownership.admits(now, path, sequence, said, this.#settings.ownerIdleMs)) return true;
    this.#refuse(path);
    return false;
  }

  /** Takes in one copy of a message; counts on `path` what is dropped. True when the path is to be remembered in it until it closes. */
  receive(now: Micros, path: Path, view: MessageView): boolean {
    this.#now = now;
    this.#by = path;
    const drop = this.#copies.takeIn(now, path, view);
    this.#by = undefined;
    if (drop !== undefined && drop !== 'elsewhere') path.drop(drop);
    if (drop === 'elsewhere' || drop === 'far-off') {
      // It carries nothing of the stream.
      this.#hasStrays = true;
      return true;
    }
    const isNew = this.#sourceStatus.carried(path);
    this.#tellSource(now);
    return isNew;
  }

  /** The relay at the other end of this path says this of its source. */
  said(now: Micros, path: Path, report: StatusReport): void {
    this.#sourceStatus.said(path, report);
    this.#tellSource(now);
  }

  /** A connection is gone. */
  closed(now: Micros, path: Path): void {
    this.#now = now;
    this.#copies.forgetPath(now, path);
    this.#sourceStatus.closed(path);
    this.#tellSource(now);
  }

  /** It is forgotten: disarms its timer and gives its memory back. */
  dispose(): void {
    this.#forget.cancel();
    this.#copies.dispose();
    this.#opening.dispose();
  }

  /** Saves or restores what is not given at construction; the paths it names are open. */
  snapshot(a: Snapshot, pathOf: (id: PathId) => Path): void {
    this.#copies.snapshot(a, pathOf);
    this.#ownership.snapshot(a, pathOf);
    this.#forget.snapshot(a);
    this.#opening.snapshot(a);
    this.#bornAt = a.number(this.#bornAt);
    this.#holder = a.text(this.#holder);
    this.#hasAudio = a.flag(this.#hasAudio);
    this.#hasStrays = a.flag(this.#hasStrays);
    this.#heardAt = a.number(this.#heardAt);
    this.#sourceStatus.snapshot(a, pathOf);
    this.#told = snapshotReport(a, this.#told);
    this.#saysTime = a.flag(this.#saysTime);
    this.#moments.snapshot(a);
    this.#sequence = a.number(this.#sequence);
    this.#earlyTitle = snapshotTitle(a, this.#earlyTitle);
  }

  #passOn(view: MessageView): void {
    // Copies keep no stream alive: two relays that subscribe to each other have them from each other.
    this.#heard(this.#now);
    if (view.type === MessageType.DATA) this.#hasAudio = true;
    if (view.type === MessageType.TIMELINE) this.#saysTime = true;
    this.#sequence = view.sequence;
    if (view.type === MessageType.TITLE) this.#takeTitle(view);
    if (isOpening(view.type) && !this.#keepOpening(view)) this.#by?.drop('bad-announce');
    else this.#journal.append(this.#now, view.bytes, view.start, view.end, true);
  }

  /** One that cannot be read goes on, too: it has its place in the sequence. */
  #takeTitle(view: MessageView): void {
    const title = titleIn(view);
    if (title === undefined) this.#by?.drop('bad-title');
    else if (this.mount !== '') this.#tellTitle(title);
    else if (isNewer(title, this.#earlyTitle)) this.#earlyTitle = title;
  }

  #tellTitle(title: SetTitle): void {
    this.#title(this, title, this.#by?.peer.name ?? '');
  }

  #momentMessage(moment: Moment): Uint8Array | undefined {
    const payload = encodeMoment(moment);
    return payload && this.unordered(MessageType.MOMENT, payload);
  }

  #heard(now: Micros): void {
    this.#heardAt = now;
    this.#forget.set(later(now, ms(this.#settings.forgetMs)));
  }

  #keepOpening(view: MessageView): boolean {
    const before = this.mount;
    if (!this.#opening.keep(this.#copies.place, view)) return false;
    if (this.mount === before) return true;
    this.#event({ kind: 'stream-announced', mount: this.mount, ...this.encoder, stream: formatStreamId(this.id) });
    if (this.#earlyTitle !== undefined) this.#tellTitle(this.#earlyTitle);
    this.#earlyTitle = undefined;
    return true;
  }

  /** Somebody else than its owner sends it: that is told at powers of two, so that whoever goes on with it does not fill the log. */
  #refuse(path: Path): void {
    path.drop('not-owner');
    const { address: owner = '', refused: messages } = this.#ownership;
    if (!isPowerOfTwo(messages)) return;
    this.#event({ kind: 'stream-contested', mount: this.mount, ...this.encoder, stream: formatStreamId(this.id), owner, label: path.peer.name, messages });
  }

  /** Tells subscribers what there is to say of its source, when that is something else than before. */
  #tellSource(now: Micros): void {
    const { report } = this.#sourceStatus;
    if (report === undefined || isSameReport(report, this.#told)) return;
    const message = this.#opening.sourceMessage(report);
    if (message === undefined) return;
    this.#told = report;
    this.#journal.append(now, message, 0, message.length, true);
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(one.length + other.length);
  bytes.set(one);
  bytes.set(other, one.length);
  return bytes;
}

function isSameReport(a: StatusReport, b: StatusReport | undefined): boolean {
  return b !== undefined && a.isOpen === b.isOpen && a.hops === b.hops && a.address === b.address;
}
