import net from 'node:net';
import { feed, type Feed } from '../../demo/feeder.ts';
import { loadProgramme, type Encoding } from '../../demo/programme.ts';
import { HOST } from './running.ts';

const programme = loadProgramme();
/** The same studio clock for all sources. */
const nowUs = (): number => performance.now() * 1_000;

export interface SourceOptions {
  readonly port: number;
  readonly mount: string;
  readonly password: string;
  readonly encoding: 'a' | 'b';
  /** Its programme is that of so long ago. */
  readonly agoUs?: number;
}

/** A source client that sends one encoding of the programme as it plays, and connects again when it has been disconnected. */
export class SourceClient {
  readonly #options: SourceOptions;
  readonly #feed: Feed;
  #socket: net.Socket | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isOver = false;
  isSilent = false;

  constructor(options: SourceOptions) {
    this.#options = options;
    const encoding: Encoding = programme[options.encoding];
    this.#connect();
    this.#feed = feed(encoding, () => nowUs() - (options.agoUs ?? 0), (frame) => void this.#socket?.write(this.isSilent ? muted(frame) : frame));
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#retry);
    this.#feed.stop();
    this.#socket?.destroy();
  }

  #connect(): void {
    const { port, mount, password } = this.#options;
    const socket = net.connect(port, HOST);
    socket.write(`SOURCE /${mount} HTTP/1.0\r\nAuthorization: Basic ${Buffer.from(`source:${password}`).toString('base64')}\r\nContent-Type: audio/mpeg\r\n\r\n`);
    socket.on('error', () => undefined).resume();
    socket.once('close', () => {
      if (!this.#isOver) this.#retry = setTimeout(() => this.#connect(), 200);
    });
    this.#socket = socket;
  }
}

const SIDE_INFO_OF_MONO = { from: 4, until: 21 };

/** A copy of the frame, in which nothing is coded: digital silence. */
function muted(frame: Uint8Array): Uint8Array {
  return Uint8Array.from(frame).fill(0, SIDE_INFO_OF_MONO.from, SIDE_INFO_OF_MONO.until);
}
