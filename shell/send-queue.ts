import { readFileSync } from 'node:fs';

/** A connection whose send queue is looked at. */
export interface Queued {
  /** Its ports, our own and the other side's; undefined while there is no connection. */
  readonly ports: readonly [local: number, remote: number] | undefined;
  /** What the system holds of its bytes that the other side has not confirmed; undefined when that is not to be had. */
  noteSendQueue(bytes: number | undefined): void;
}

const tables = ['/proc/net/tcp', '/proc/net/tcp6'];

/**
 * Looks again and again at how much the system holds for connections that we write to.
 *
 * A system takes hundreds of kilobytes for a peer that has vanished, half a minute of a stream, before a write shows
 * anything, and keep-alive says nothing while data is on its way. Linux tells in /proc/net/tcp what has not been
 * acknowledged (`tx_queue`, see proc(5)); elsewhere it is not to be had, and only what is not taken shows.
 */
export class SendQueueWatch {
  readonly #connections: () => Iterable<Queued>;
  readonly #timer: NodeJS.Timeout;

  constructor(connections: () => Iterable<Queued>, everyMs: number) {
    this.#connections = connections;
    this.#timer = setInterval(() => this.#look(), everyMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const open = [...this.#connections()].filter(({ ports }) => ports !== undefined);
    if (open.length === 0) return;
    // Read at once, and not in the background: what is written meanwhile would look confirmed.
    const queues = new Map(tables.flatMap((table) => [...sendQueues(readTable(table))]));
    for (const connection of open) connection.noteSendQueue(queues.get(connection.ports!.join(':')));
  }
}

/** Unacknowledged bytes by `localPort:remotePort`, from a table in the format of /proc/net/tcp. */
export function sendQueues(table: string): ReadonlyMap<string, number> {
  const queues = new Map<string, number>();
  for (const line of table.split('\n').slice(1)) {
    const [, local, remote, , queue] = line.trim().split(/\s+/);
    if (local === undefined || remote === undefined || queue === undefined) continue;
    queues.set(`${portIn(local)}:${portIn(remote)}`, Number.parseInt(queue.split(':')[0]!, 16));
  }
  return queues;
}

function portIn(address: string): number {
  return Number.parseInt(address.slice(address.lastIndexOf(':') + 1), 16);
}

function readTable(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
