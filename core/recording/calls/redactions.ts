import type { PathId } from '../../base/machine.ts';
import type { Transport } from '../../links/transport.ts';
import type { AudioKept } from '../file/format.ts';
import { Redactor } from '../redaction.ts';

/** What is kept of the audio that a machine is given, path by path. */
export class Redactions {
  readonly #audio: AudioKept;
  readonly #paths: Map<PathId, Redactor> = new Map();

  constructor(audio: AudioKept) {
    this.#audio = audio;
  }

  /** Begins anew, with these paths open. @param paths each with the beginning of a message that is not whole yet. */
  begin(paths: Iterable<{ readonly id: PathId; readonly transport: Transport; readonly pending: Uint8Array }>): void {
    this.#paths.clear();
    if (this.#audio === 'whole') return;
    for (const { id, transport, pending } of paths) {
      const redactor = new Redactor(transport.framing);
      redactor.kept(pending);
      this.#paths.set(id, redactor);
    }
  }

  opened(path: PathId, transport: Transport): void {
    if (this.#audio === 'left-out') this.#paths.set(path, new Redactor(transport.framing));
  }

  closed(path: PathId): void {
    this.#paths.delete(path);
  }

  /** Of bytes that come by a path; undefined: all. */
  ofPath(path: PathId, bytes: Uint8Array): readonly number[] | undefined {
    return this.#paths.get(path)?.kept(bytes);
  }

  /** Of a whole file; undefined: all. */
  ofFile(file: Uint8Array): readonly number[] | undefined {
    return this.#audio === 'whole' ? undefined : new Redactor('datagram').keptOfPayload(file);
  }
}
