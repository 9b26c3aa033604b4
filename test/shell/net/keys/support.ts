import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { Deframer } from '../../../../core/wire/deframer.ts';
import { decodeMessage, type Message } from '../../../../core/wire/pdu.ts';
import { withSettings, type Settings } from '../../../../core/config/settings.ts';
import { dialKeyed } from '../../../../shell/net/keys/dial.ts';
import { secretOf, type LinkSecret } from '../../../../shell/net/keys/file/entry.ts';
import type { LinkFiles } from '../../../../shell/net/keys/link-certificates.ts';
import { RelayApp } from '../../../../shell/relay/relay.ts';
import type { RelayConfig } from '../../../../shell/relay/config.ts';
import { framed, ofKey } from '../../../core/support/messages.ts';
import { scratchDirectory } from '../../edge/admission/support.ts';
import { CapturedLog } from '../../support/support.ts';

/** A peer with a key of its own, or with these. */
export class TestPeer {
  readonly name: string;
  keys: Uint8Array[] = [new Uint8Array(randomBytes(32))];
  readonly #more: object;

  constructor(name: string, more: object = {}) {
    this.name = name;
    this.#more = more;
  }

  line(keys: readonly Uint8Array[] = this.keys): string {
    return JSON.stringify({ name: this.name, ...this.#more, key: keys.map((key) => Buffer.from(key).toString('base64url')) });
  }

  secret(at = 0): LinkSecret {
    return secretOf(this.name, this.keys[at]!);
  }

  addKey(): void {
    this.keys.push(new Uint8Array(randomBytes(32)));
  }
}

export interface KeyedRelay {
  readonly app: RelayApp;
  readonly told: CapturedLog;
  readonly in: number;
  readonly out: number;
  /** Writes the keys file anew, and has it read. */
  peers(...lines: readonly string[]): Promise<void>;
  readonly refused: () => readonly string[];
  stop(): Promise<void>;
}

export const relaySettings: Partial<Settings> = { stopMs: 200, acknowledgeMs: 20 };

/** A relay with a keys file that has these lines. */
export async function keyedRelay(lines: readonly string[], plainFrom: readonly string[] = [], more: Partial<RelayConfig> = {}, certificate?: LinkFiles): Promise<KeyedRelay> {
  const scratch = scratchDirectory();
  const file = scratch.write('keys', lines.join('\n'));
  const told = new CapturedLog();
  const ranges = plainFrom.map((address) => ({ address, prefix: 32, family: 'ipv4' as const }));
  const app = new RelayApp({ bind: '127.0.0.1', inPort: 0, outPort: 0, upstreams: [], multicasts: [], settings: withSettings(relaySettings), keys: { file, plainFrom: ranges, certificate }, ...more }, told.log);
  await app.start();
  return {
    app,
    told,
    in: await told.port('in'),
    out: await told.port('out'),
    peers: async (...next) => {
      const before = told.all('file-loaded').length + told.all('file-refused').length;
      writeFileSync(file, next.join('\n'));
      await rereadUntil(() => told.all('file-loaded').length + told.all('file-refused').length > before);
    },
    refused: () => told.all('refused').map(({ reason }) => String(reason)),
    stop: async () => {
      await app.stop();
      scratch.remove();
    },
  };
}

/** Messages as they stand on a connection, of a stream with an id of this peer's key. */
export function of(peer: TestPeer, ...messages: readonly Uint8Array[]): Uint8Array {
  return framed(...messages.map((one) => ofKey(peer.name, one)));
}

/** As an operator who sends SIGHUP has it. */
export async function rereadUntil(holds: () => boolean): Promise<void> {
  process.emit('SIGHUP');
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** A connection with a key, or without one. */
export class TestLink {
  readonly socket: net.Socket;
  readonly messages: Message[] = [];
  reason: string | undefined;
  isOpen = false;
  isClosed = false;

  constructor(port: number, secret?: LinkSecret) {
    const deframer = new Deframer((all, start, end) => this.messages.push(decodeMessage(all.slice(start, end)) as Message));
    const take = (bytes: Uint8Array): void => deframer.push(bytes);
    const { socket, opened, reasonOf } = secret === undefined
      ? { socket: net.connect({ port, host: '127.0.0.1' }).on('data', take), opened: 'connect', reasonOf: String }
      : dialKeyed({ host: '127.0.0.1', port, keepAliveMs: 5_000 }, secret, take);
    this.socket = socket;
    socket.on(opened, () => (this.isOpen = !socket.destroyed));
    socket.on('error', (error) => (this.reason = reasonOf(error)));
    socket.on('close', () => (this.isClosed = true));
  }
}
