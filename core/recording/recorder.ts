import type { Snapshot } from '../base/snapshot.ts';
import { assert } from '../base/assert.ts';
import type { Path } from '../links/paths/path.ts';
import type { Machine, PathId } from '../base/machine.ts';
import type { Settings } from '../config/settings.ts';
import { ms, type Micros } from '../base/units.ts';
import { BLOCK_HEAD_BYTES, BlockKind, FORMAT_VERSION, jsonBlock, MAGIC, sealBlock, type AudioKept, type FrozenMark, type Head, type MadeWith, type RecordedRole } from './file/format.ts';
import { crc32, type Checksum } from './file/checksum.ts';
import { CallWriter } from './calls/bytes.ts';
import { BACKLOGS, type CallDefinition } from './calls/calls.ts';
import { Redactions } from './calls/redactions.ts';
import { OutputHash, type Outputs } from './output-hash.ts';
import { StateWriter } from './saved-state.ts';
import { Output, type Answer, type MachineEvent } from './told.ts';
import { ByteWriter } from './file/wire.ts';

/** Where a recording goes. */
export interface RecordingOut {
  /** A generation begins with what is written next. Of those before it, the newest `GENERATIONS - 1` are still wanted. */
  begin(generation: number): void;
  /** Takes the bytes over; when they are written they may be given back: `reuse`. */
  write(bytes: Uint8Array): void;
  /** Nothing more will come: the machine's state alone takes too much of the bound. */
  tooLarge(stateBytes: number): void;
}

export interface RecorderOptions {
  readonly role: RecordedRole;
  /** Of the software. */
  readonly version: string;
  readonly settings: Settings;
  readonly audio: AudioKept;
  readonly wallTime: () => string;
  /** What the first generation is counted as; 1 unless given. */
  readonly firstGeneration?: number;
  /** A faster one than that of the core. */
  readonly checksum?: Checksum;
  readonly out: RecordingOut;
}

/** A machine that can be recorded: its state is written into a generation's beginning. */
export interface Recordable extends Machine {
  readonly heldBytes: number;
  readonly paths: Iterable<Path>;
  snapshot(a: Snapshot): void;
}

/** A recording is kept in so many parts, of which the oldest goes when a new one begins: three to four quarters of the bound. */
export const GENERATIONS = 4;

/** A machine that holds more is saved without the audio that it only passes on. With 23 MB: 0.2 MB in 6 ms instead of 17 MB in 15. */
const LARGE_STATE_BYTES = 4_194_304;
/** Or that holds more than this part of the bound. */
const LARGE_STATE_PART = 16;

/** Calls are gathered so long, or until there are so many bytes of them: what a process that is killed takes with it. */
const BLOCK_US = ms(500);
const BLOCK_BYTES = 262_144;
const MAX_SPARE = 4;
/** Room for a state to begin with. */
const STATE_BYTES = 65_536;

/**
 * Writes down every call of a machine, what its sink answered, and a fingerprint of what came out.
 *
 *     call -> into the open block, before the machine sees it: what makes it fail is there
 *          -> the machine; its sink's outputs go into the block's hash
 *          -> block full? sealed, and on to `out`; generation full? the machine's state begins the next one
 *
 * A wrapper with the machine's own interface calls `begin` and `end` around each call (`recorded.ts`).
 */
export class Recorder implements Outputs {
  readonly #options: RecorderOptions;
  readonly #checksum: Checksum;
  readonly #hash: OutputHash;
  readonly #block: CallWriter = new CallWriter(2 * BLOCK_BYTES);
  /** Buffers of blocks that are written, for the next ones. */
  readonly #spare: Uint8Array[] = [];
  #machine: Recordable | undefined;
  #madeWith: MadeWith = {};
  #isOn = false;
  /** The machine has not been called yet. */
  #isFresh = true;
  #isBegun = false;
  #generation: number;
  #generationBytes = 0;
  #generationAt = 0 as Micros;
  #blockAt = 0 as Micros;
  #now = 0 as Micros;
  readonly #redactions: Redactions;
  /** What was asked for in this call, and those of the answers that were not 0, as pairs. */
  #asked = 0;
  #answers: number[] = [];

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#checksum = options.checksum ?? crc32;
    this.#redactions = new Redactions(options.audio);
    this.#generation = (options.firstGeneration ?? 1) - 1;
    this.#hash = new OutputHash(this.#checksum);
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Bytes of the newest generation so far, and how many of these are its beginning. */
  get generationBytes(): number {
    return this.#generationBytes;
  }

  /** From here on, before the machine's first call. */
  start(machine: Recordable, madeWith: MadeWith): void {
    assert(this.#machine === undefined, 'a recorder is started twice');
    this.#machine = machine;
    this.#madeWith = madeWith;
    this.#isOn = true;
  }

  /** The machine is not new: it has been given the state that its recording is to begin with. */
  resume(): void {
    this.#isFresh = false;
    this.#isBegun = false;
    this.#redactions.begin(this.#machine!.paths);
  }

  /** Nothing is written any more: the machine goes on as if it had never been recorded. */
  stop(): void {
    this.#isOn = false;
    this.#answers = [];
  }

  /** Goes on after `stop`, between two calls of the machine. */
  restart(): void {
    assert(!this.#isOn && this.#machine !== undefined, 'a recorder goes on that was not stopped');
    this.#isOn = true;
    this.#block.clear();
    this.#hash.take();
    // One is left out: the next one does not go on where the one before ends.
    this.#generation++;
    this.resume();
  }

  /** A call of the machine is about to be made, with these arguments. */
  begin(call: CallDefinition, now: Micros, a: unknown, b: unknown, c: unknown): void {
    call.before?.(this.#redactions, a, b, c);
    if (!this.#isOn) return;
    if (!this.#isBegun) this.#beginGeneration(now);
    if (this.#block.length === 0) this.#openBlock(now);
    this.#asked = 0;
    const kept = call.redaction?.kept(this.#redactions, a, b, c);
    this.#block.byte(kept === undefined ? call.kind : call.redaction!.kind);
    // A driver's clock never goes back.
    this.#block.varint(now - this.#now);
    this.#now = now;
    this.#block.kept = kept;
    call.write(this.#block, a, b, c);
  }

  /** The call is over, and gave its caller this. */
  end(call: CallDefinition, answer: Answer, a: unknown, b: unknown, c: unknown): void {
    call.after?.(this.#redactions, answer, a, b, c);
    if (!this.#isOn) return;
    if (call.isAnswered === true) this.#hash.answer(this.#now, answer);
    if (this.#answers.length > 0) this.#writeAnswers();
    const isDue = this.#block.length >= BLOCK_BYTES || this.#now - this.#blockAt >= BLOCK_US;
    if (!isDue) return;
    this.seal();
    if (this.#isGenerationOver()) this.#beginGeneration(this.#now);
  }

  sent(to: number, bytes: Uint8Array): void {
    if (this.#isOn) this.#hash.sent(this.#now, to, bytes);
  }

  /** The machine has let go of a path by itself. */
  dropped(path: PathId): void {
    this.#redactions.closed(path);
    this.told(Output.drop, path);
  }

  told(output: number, of: number): void {
    if (this.#isOn) this.#hash.told(this.#now, output, of);
  }

  event(event: MachineEvent): void {
    if (this.#isOn) this.#hash.event(this.#now, event);
  }

  /** What the sink answers to the machine. */
  backlog(bytes: number): number {
    if (this.#isOn && bytes !== 0) this.#answers.push(this.#asked, bytes);
    this.#asked++;
    return bytes;
  }

  /** Gives out what the open block has, also in the middle of a call that failed. */
  seal(): void {
    if (!this.#isOn || this.#block.length === 0) return;
    if (this.#answers.length > 0) this.#writeAnswers();
    this.#hash.is(this.#machine!.deadline);
    const { structure, content } = this.#hash.take();
    for (const digits of [structure, content]) for (let i = 0; i < digits.length; i++) this.#block.byte(digits.charCodeAt(i));
    // A block that fills its buffer goes out in it; of one that does not, so much memory is not held up.
    const isFull = this.#block.length >= BLOCK_BYTES;
    const block = isFull ? this.#block.exchange(this.#spare.pop() ?? new Uint8Array(2 * BLOCK_BYTES)) : this.#block.written.slice();
    this.#block.clear();
    sealBlock(block, BlockKind.calls, this.#checksum);
    this.#write(block);
  }

  /** `bytes`, which `out` was given, are not needed any more. */
  reuse({ buffer, byteLength }: Uint8Array): void {
    if (byteLength >= BLOCK_BYTES && buffer.byteLength === 2 * BLOCK_BYTES && this.#spare.length < MAX_SPARE) this.#spare.push(new Uint8Array(buffer));
  }

  /** The recording ends here, for a reason. */
  mark(why: FrozenMark['why'], error?: string): Uint8Array {
    const mark: FrozenMark = { why, atUs: this.#now, wallTime: this.#options.wallTime(), ...(error !== undefined && { error }) };
    return jsonBlock(BlockKind.mark, mark);
  }

  #openBlock(now: Micros): void {
    for (let i = 0; i < BLOCK_HEAD_BYTES; i++) this.#block.byte(0);
    this.#block.varint(now);
    this.#blockAt = now;
    this.#now = now;
  }

  #writeAnswers(): void {
    this.#block.byte(BACKLOGS);
    this.#block.varint(this.#answers.length / 2);
    for (const value of this.#answers) this.#block.varint(value);
    this.#answers = [];
  }

  #isGenerationOver(): boolean {
    const { recordMs, recordBytes } = this.#options.settings;
    if (this.#now - this.#generationAt >= ms(recordMs) / GENERATIONS) return true;
    return this.#generationBytes >= recordBytes / GENERATIONS;
  }

  #beginGeneration(now: Micros): void {
    const { role, version, settings, audio, wallTime, out } = this.#options;
    this.#generation++;
    this.#generationAt = now;
    this.#generationBytes = 0;
    out.begin(this.#generation);
    // What is written at a stroke holds everybody up: audio that is left out here comes back with what comes in.
    const isLarge = this.#machine!.heldBytes > Math.min(LARGE_STATE_BYTES, settings.recordBytes / LARGE_STATE_PART);
    const stateAudio = isLarge ? 'left-out' : audio;
    const generation = this.#generation;
    const head: Head = { format: FORMAT_VERSION, version, role, settings, ...this.#madeWith, audio, stateAudio, generation, atUs: now, wallTime: wallTime() };
    this.#write(MAGIC);
    this.#write(jsonBlock(BlockKind.head, head));
    const state = this.#state(stateAudio);
    this.#write(state);
    this.#isFresh = false;
    this.#isBegun = true;
    if (state.length <= settings.recordBytes / GENERATIONS / 2) return;
    this.stop();
    out.tooLarge(state.length);
  }

  /** The machine's state; nothing for one that is new. */
  #state(audio: AudioKept): Uint8Array {
    const writer = new ByteWriter(audio === 'whole' ? this.#machine!.heldBytes + STATE_BYTES : STATE_BYTES);
    for (let i = 0; i < BLOCK_HEAD_BYTES; i++) writer.byte(0);
    if (!this.#isFresh) this.#machine!.snapshot(new StateWriter(writer, audio, this.#options.audio));
    const block = writer.written;
    sealBlock(block, BlockKind.state, this.#checksum);
    return block;
  }

  #write(bytes: Uint8Array): void {
    this.#generationBytes += bytes.length;
    this.#options.out.write(bytes);
  }
}
