import type { Cursor, Journal } from '../../base/memory/journal.ts';

/** The place of one target in what is kept of one stream. */
export class Lane {
  /** Of the stream: 16 bytes. */
  readonly id: Uint8Array;
  readonly #journal: Journal;
  #cursor: Cursor;
  /** Messages up to this one have been handed to the system at least once. */
  #sentOnce: number;
  /** Of this connection: the newest message that was handed to the system. */
  #sent = 0;
  /** Of this connection: the newest message that the target says it has; undefined while it has said nothing of the stream. */
  #confirmed: number | undefined;
  /** The target has confirmed messages of the stream by an earlier connection: so it will by this one, if that leads anywhere. */
  #confirms = false;
  /** It waits for its turn at its target. */
  isQueued = false;

  /** @param journal all that was sent lately: message n of the stream is its n-th record. */
  constructor(id: Uint8Array, journal: Journal) {
    this.id = id;
    this.#journal = journal;
    this.#cursor = journal.newest();
    this.#sentOnce = journal.tailRecord;
  }

  get hasMore(): boolean {
    return this.#cursor.position < this.#journal.head;
  }

  get keptMessages(): number {
    return this.#journal.headRecord - this.#journal.tailRecord;
  }

  /** A new connection: all that is kept is to be sent. */
  begin(): void {
    this.#cursor = this.#journal.oldest();
    this.#sent = 0;
    this.#confirmed = undefined;
  }

  /** The next whole messages, with their lengths, as many as lie together in the journal; they count as sent. */
  read(): Uint8Array | undefined {
    this.#journal.catchUp(this.#cursor);
    const bytes = this.#journal.read(this.#cursor);
    if (bytes !== undefined) this.#sent = this.#cursor.record;
    this.#sentOnce = Math.max(this.#sentOnce, this.#cursor.record);
    return bytes;
  }

  /** Something was sent that the target will confirm, and has not. */
  get isOwed(): boolean {
    return this.#confirmed === undefined ? this.#confirms && this.#sent > 0 : this.#confirmed < this.#sent;
  }

  /** The target confirms nothing any more: nothing is owed before it does. */
  expectNothing(): void {
    this.#confirms = false;
  }

  /** The target says that it has this message. Stray: it was not sent. */
  confirm(sequence: number): 'new' | 'old' | 'stray' {
    if (sequence > this.#sent) return 'stray';
    if (this.#confirmed !== undefined && sequence <= this.#confirmed) return 'old';
    this.#confirmed = sequence;
    this.#confirms = true;
    return 'new';
  }

  /** How many messages were dropped before they could be sent even once, since this was last asked. */
  takeLost(): number {
    const lost = Math.max(0, this.#journal.tailRecord - this.#sentOnce);
    this.#sentOnce += lost;
    return lost;
  }
}
