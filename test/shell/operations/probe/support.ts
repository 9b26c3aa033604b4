import net from 'node:net';
import type { ProbeFigures } from '../../../../core/probe/figures.ts';
import { loadProgramme } from '../../../../demo/programme.ts';
import type { Moment, ProbeNews, Reporter, Summary } from '../../../../shell/operations/probe/reporter.ts';

/** A reporter that can be asked and waited for. */
export class CapturedReport implements Reporter {
  readonly events: ProbeNews[] = [];
  readonly moments: Moment[] = [];
  result: Summary | undefined;
  #figures: () => ProbeFigures = () => {
    throw new Error('nothing has happened yet');
  };
  readonly #waiting = new Set<() => void>();

  event(moment: Moment, event: ProbeNews, figures: () => ProbeFigures): void {
    this.events.push(event);
    this.moments.push(moment);
    this.#figures = figures;
    for (const look of this.#waiting) look();
  }

  summary(_moment: Moment, summary: Summary): void {
    this.result = summary;
  }

  /** As of the newest event. */
  get figures(): ProbeFigures {
    return this.#figures();
  }

  all<K extends ProbeNews['kind']>(kind: K): Extract<ProbeNews, { kind: K }>[] {
    return this.events.filter((event): event is Extract<ProbeNews, { kind: K }> => event.kind === kind);
  }

  /** The first event of a kind, also one that comes later. */
  async until<K extends ProbeNews['kind']>(kind: K, count = 1): Promise<Extract<ProbeNews, { kind: K }>> {
    return await new Promise((resolve) => {
      const look = (): void => {
        const event = this.all(kind)[count - 1];
        if (event === undefined) return;
        this.#waiting.delete(look);
        resolve(event);
      };
      this.#waiting.add(look);
      look();
    });
  }
}

const { a } = loadProgramme();

/** So many frames of the demo's programme: MP3, 48 kbit/s. */
export function audio(from: number, until: number): Buffer {
  return Buffer.concat(a.frames.slice(from, until).map(({ bytes }) => bytes));
}

export const HEAD = 'HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\nServer: test\r\nicy-name: Radio\r\nicy-br: 48\r\n\r\n';

/** A server that answers each request by hand: the socket, the path, and how many came before it. */
export async function serveBy(answer: (socket: net.Socket, path: string, before: number) => void): Promise<{ port: number; stop(): Promise<void> }> {
  const sockets = new Set<net.Socket>();
  let count = 0;
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', (request) => answer(socket, String(request).split(' ')[1] ?? '', count++));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
