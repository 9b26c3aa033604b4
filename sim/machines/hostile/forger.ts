import { Deframer } from '../../../core/wire/deframer.ts';
import { prefixed } from '../../../core/wire/framing.ts';
import { MessageType, PDU_HEADER_BYTES } from '../../../core/wire/pdu.ts';
import { joined } from '../../programme/joined.ts';
import { MAX_MODEL_FRAME_BYTES } from '../../programme/model-frame.ts';
import type { ModelStream, Programme } from '../../programme/programme.ts';
import type { Forging } from '../../world/host.ts';
import type { World } from '../../world/world.ts';
import { renumbered } from './impostor.ts';

/** What is kept to be sent again: some seconds of a few streams. */
const KEPT_MESSAGES = 512;

/** A relay that somebody has taken over: in place of the audio of each stream, or in between, it sends its own; or it sends again what it has sent, or spoils signatures. */
export class Forger {
  readonly #world: World;
  readonly #programme: Programme;
  readonly #relay: string;
  readonly #how: Forging;
  readonly #instead: Map<ModelStream, ModelStream> = new Map();
  /** The newest messages, the oldest first. */
  readonly #kept: Uint8Array[] = [];
  readonly #frame: Uint8Array = new Uint8Array(MAX_MODEL_FRAME_BYTES);

  constructor(world: World, programme: Programme, relay: string, how: Forging) {
    this.#world = world;
    this.#programme = programme;
    this.#relay = relay;
    this.#how = how;
  }

  /** Whole messages with their lengths, and the same with other audio. */
  changed(bytes: Uint8Array): Uint8Array {
    const pieces: Uint8Array[] = [];
    new Deframer((from, start, end) => pieces.push(...this.#message(from, start, end).map((one) => prefixed(one)))).push(bytes);
    return joined(pieces);
  }

  #message(bytes: Uint8Array, start: number, end: number): readonly Uint8Array[] {
    const message = bytes.slice(start, end);
    if (this.#how === 'repeat') return this.#repeated(message);
    if (this.#how === 'unsign') return [message[0] === MessageType.SIGNATURE ? spoilt(message) : message];
    const genuine = bytes[start] === MessageType.DATA ? this.#programme.glance(bytes, start + PDU_HEADER_BYTES) : undefined;
    if (genuine === undefined) return [message];
    const length = this.#insteadOf(genuine.stream).make(this.#frame);
    const forged = new Uint8Array(PDU_HEADER_BYTES + length);
    forged.set(message.subarray(0, PDU_HEADER_BYTES));
    forged.set(this.#frame.subarray(0, length), PDU_HEADER_BYTES);
    if (this.#how === 'forge') return [forged];
    return [message, renumbered(forged, 'udp', 1)];
  }

  /** With each message one of those before it. */
  #repeated(message: Uint8Array): readonly Uint8Array[] {
    this.#kept.push(message);
    return this.#kept.length > KEPT_MESSAGES ? [message, this.#kept.shift()!] : [message];
  }

  #insteadOf(stream: ModelStream): ModelStream {
    const known = this.#instead.get(stream);
    if (known !== undefined) return known;
    const { mount, format } = stream;
    const made = this.#programme.newStream({ name: `${this.#relay} for ${stream.name}`, mount, format, beginsAtUs: this.#world.now, ppm: 0, isForeign: true, isForged: true });
    this.#instead.set(stream, made);
    return made;
  }
}

/** With a signature that is none. */
function spoilt(message: Uint8Array): Uint8Array {
  return message.with(message.length - 1, message.at(-1)! ^ 1);
}
