import { later, type Micros } from '../../base/units.ts';
import type { PathId } from '../../base/machine.ts';
import { prefixed } from '../../wire/framing.ts';
import { PDU_HEADER_BYTES, type MessageView } from '../../wire/pdu.ts';
import { encodeWants } from '../../wire/messages/wants.ts';
import type { Path } from '../paths/path.ts';

/** So long a relay has to say that it has taken what was wanted, before it is told again. */
const AGAIN_US = 1_000_000 as Micros;

export interface ToldWantsOptions {
  readonly paths: () => Iterable<Path>;
  /** Sends a message with its length back by a path; it may get lost. */
  readonly tell: (path: PathId, message: Uint8Array) => void;
}

/** Tells the relays that we subscribe to what is wanted: at once, and again until they say that they have taken it. */
export class ToldWants {
  readonly #options: ToldWantsOptions;
  version = 0;
  #message: Uint8Array | undefined;

  constructor(options: ToldWantsOptions) {
    this.#options = options;
  }

  /** Something else is wanted than before. */
  change(now: Micros, names: readonly string[]): void {
    this.version++;
    this.set(names);
    for (const path of this.#options.paths()) this.tell(now, path);
  }

  /** What is wanted in the version that is there, of a state that was restored. */
  set(names: readonly string[]): void {
    this.#message = prefixed(encodeWants(this.version, names));
  }

  /** The relay at the other end of a path reads. */
  tell(now: Micros, path: Path): void {
    if (this.#message === undefined || !path.isUpstream || !path.takesWants) return;
    path.wantsToldAt = now;
    this.#options.tell(path.id, this.#message);
  }

  /** A WANTS has come by a path: it says which version the relay has taken. False when it is no such. */
  taken(path: Path, { sequence, start, end }: MessageView): boolean {
    if (end - start > PDU_HEADER_BYTES) return false;
    path.wantsTaken = sequence;
    return true;
  }

  /** Something has come by a path: whoever has not said that he has taken it is told again. */
  heard(now: Micros, path: Path): void {
    if (path.takesWants && path.wantsTaken !== this.version && now >= later(path.wantsToldAt ?? (0 as Micros), AGAIN_US)) this.tell(now, path);
  }
}
