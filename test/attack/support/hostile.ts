import seedrandom from 'seedrandom';
import { announce, data, framed } from '../../core/support/messages.ts';
import { numbered } from '../../core/support/frames.ts';

/** Draws messages that nobody sends who means well. The same seed, the same messages. */
export class Hostile {
  readonly #random: seedrandom.PRNG;
  /** Streams that it speaks of, so that messages meet: some invented, and those it was told of. */
  readonly #ids: Uint8Array[];
  readonly #sequences: number[] = [];
  #templates: readonly Uint8Array[];

  /** @param ids more streams that it speaks of. @param victims messages of streams that are on air: ids, sequence numbers and payloads are taken from them too. */
  constructor(seed: string, victims: readonly Uint8Array[] = [], ids: readonly Uint8Array[] = []) {
    this.#random = seedrandom(seed);
    this.#templates = victims.length > 0 ? victims : [data(1, numbered(1)), announce(2, 'other')];
    this.#ids = [...Array.from({ length: 20 }, () => this.#bytes(16)), ...ids, ...victims.slice(0, 5).map((message) => message.slice(2, 18))];
  }

  /** Any message: random, a changed, cut or repeated real one, or an extreme one. */
  message(): Uint8Array {
    const kind = this.#below(10);
    if (kind < 3) return this.#drawn();
    if (kind < 6) return this.#changed();
    if (kind === 6) return this.#real().subarray(0, this.#below(40));
    if (kind === 7) return this.#real();
    return kind === 8 ? this.#bytes(this.#below(120)) : this.#large();
  }

  /** Many of them, as they stand on a TCP connection; the lengths are right, so that what follows is read. */
  stretch(messages: number): Uint8Array {
    return framed(...Array.from({ length: messages }, () => this.message()));
  }

  /** Bytes that are not even framed. */
  noise(bytes: number): Uint8Array {
    return this.#bytes(bytes);
  }

  #drawn(): Uint8Array {
    const message = new Uint8Array(26 + this.#below(600));
    for (let i = 26; i < message.length; i++) message[i] = this.#below(256);
    message[0] = this.#type();
    message[1] = this.#below(3) === 0 ? this.#below(256) : this.#below(2);
    message.set(this.#ids[this.#below(this.#ids.length)]!, 2);
    writeSequence(message, this.#sequence());
    return message;
  }

  #large(): Uint8Array {
    const message = new Uint8Array(this.#below(200) === 0 ? 65_535 : 9_000);
    message[0] = this.#type();
    message.set(this.#ids[this.#below(this.#ids.length)]!, 2);
    writeSequence(message, this.#sequence());
    return message;
  }

  #changed(): Uint8Array {
    const message = this.#real().slice();
    for (let changes = 1 + this.#below(3); changes > 0; changes--) message[this.#below(message.length)] = this.#below(256);
    if (this.#below(3) === 0 && message.length >= 26) writeSequence(message, this.#sequence());
    return message;
  }

  #real(): Uint8Array {
    return this.#templates[this.#below(this.#templates.length)]!;
  }

  #type(): number {
    return this.#below(8) === 0 ? this.#below(256) : [0, 0, 0, 1, 2, 3, 16, 17, 18][this.#below(9)]!;
  }

  /** Over the whole range, with its edges, and with runs that go on where one began. */
  #sequence(): bigint {
    const kind = this.#below(6);
    if (kind === 0) return [0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 52n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n][this.#below(9)]!;
    if (kind < 4 && this.#sequences.length > 0) {
      const at = this.#below(this.#sequences.length);
      this.#sequences[at] = this.#sequences[at]! + (this.#below(20) === 0 ? this.#below(3_000) - 1_500 : 1);
      return BigInt(Math.max(0, this.#sequences[at]!));
    }
    const drawn = Math.floor(this.#random.double() * 2 ** this.#below(54));
    if (this.#sequences.length < 50) this.#sequences.push(drawn);
    else this.#sequences[this.#below(50)] = drawn;
    return BigInt(drawn);
  }

  #bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.#below(256));
  }

  #below(limit: number): number {
    return Math.floor(this.#random.quick() * limit);
  }
}

function writeSequence(message: Uint8Array, sequence: bigint): void {
  new DataView(message.buffer, message.byteOffset).setBigUint64(18, sequence);
}
