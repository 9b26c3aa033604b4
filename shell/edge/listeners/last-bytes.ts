import type net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often it is looked whether listeners that are slow have been given what is theirs. */
const LOOK_MS = 10;

export interface LastBytesUser<Key> {
  /** All that was given to it is written. */
  written(key: Key): void;
  /** It is closed, or what was given to it could not be written. */
  closed(key: Key): void;
}

/**
 * Waits until what was given to each of these connections is written, and lets go of it then: it is another process that goes on with it.
 *
 * @param endsAt by the clock of `performance`: whoever is left then is closed.
 */
export async function writeLast<Key>(slow: Map<Key, net.Socket>, user: LastBytesUser<Key>, endsAt: number): Promise<void> {
  while (slow.size > 0) {
    const isOver = performance.now() >= endsAt;
    for (const [key, socket] of slow) {
      const isWritten = socket.writableLength === 0 && !socket.destroyed;
      if (!isWritten && !socket.destroyed && !isOver) continue;
      slow.delete(key);
      if (isWritten) user.written(key);
      else user.closed(key);
      socket.destroy();
    }
    await sleep(LOOK_MS);
  }
}
