import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dialKeyed } from '../../../shell/net/keys/dial.ts';
import { secretOf, type LinkSecret } from '../../../shell/net/keys/file/entry.ts';
import { Pusher } from './pushing.ts';
import { HOST } from './station.ts';

/** Keys of peers in files, as `davecast key new` makes them. */
export class Keys {
  readonly #directory: string = mkdtempSync(join(tmpdir(), 'davecast-attack-'));
  readonly #keys = new Map<string, Uint8Array>();

  /** @param peers by name: role, mounts, limits. */
  constructor(peers: Readonly<Record<string, object>>) {
    const lines = Object.entries(peers).map(([name, more]) => {
      const key = new Uint8Array(randomBytes(32));
      this.#keys.set(name, key);
      const line = JSON.stringify({ name, ...more, key: Buffer.from(key).toString('base64url') });
      writeFileSync(this.file(name), line, { mode: 0o600 });
      return line;
    });
    writeFileSync(this.file('all'), lines.join('\n'), { mode: 0o600 });
  }

  file(name: string): string {
    return join(this.#directory, `${name}.keys`);
  }

  secret(name: string): LinkSecret {
    return secretOf(name, this.#keys.get(name)!);
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true });
  }
}

/** A connection with a key; settled once it is open, or closed. @param take is given what comes, borrowed for the call. */
export async function linked(port: number, secret: LinkSecret, take: (bytes: Uint8Array) => void = () => undefined): Promise<net.Socket> {
  const { socket, opened } = dialKeyed({ host: HOST, port, keepAliveMs: 10_000 }, secret, take);
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once(opened, resolve).once('close', () => resolve()));
  return socket;
}

/** One that writes as fast as it may by connections with a key. */
export function keyedPusher(port: number, secret: LinkSecret): Pusher {
  return new Pusher(port, () => linked(port, secret));
}
