import { readRedacted, writeRedacted } from '../redaction.ts';
import { ByteReader, ByteWriter } from '../file/wire.ts';

/** Writes the arguments of a call. */
export class CallWriter extends ByteWriter {
  /** What is kept of the audio among them; undefined: all. */
  kept: readonly number[] | undefined;

  audio(bytes: Uint8Array): void {
    if (this.kept === undefined) this.bytes(bytes);
    else writeRedacted(this, bytes, this.kept);
  }
}

/** Reads them again. */
export class CallReader extends ByteReader {
  /** Of the audio among them some was left out. */
  isRedacted = false;

  /** Borrowed from the recording where it is whole. */
  audio(): Uint8Array {
    return this.isRedacted ? readRedacted(this) : this.bytes();
  }
}
