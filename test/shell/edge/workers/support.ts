import { once } from 'node:events';
import net from 'node:net';
import type { ListenerId, MountId } from '../../../../core/base/machine.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { withSettings } from '../../../../core/config/settings.ts';
import { nobody, type Audience } from '../../../../core/listeners/audience.ts';
import { Feed } from '../../../../core/listeners/feed/feed.ts';
import { WorkerPool } from '../../../../shell/edge/workers/pool.ts';
import { FRAME_US, numbered } from '../../../core/support/frames.ts';
import { CapturedLog, RawClient } from '../../support/support.ts';

const settings = withSettings({ burstMs: 1_000, listenerFlushMs: 20 });
export const radio: MountId = 1 as MountId;
/** Numbers of listeners come after this one. */
export const BEFORE = 1_000;

/** A pool with a port whose connections it gets, as if their requests had been read. */
export class Rig {
  readonly log: CapturedLog = new CapturedLog();
  readonly feed: Feed = new Feed(settings);
  readonly left: (readonly [ListenerId, string])[] = [];
  readonly heardBytes: number[] = [];
  readonly moved: (readonly [ListenerId, string])[] = [];
  readonly pool: WorkerPool;
  audience: Audience = nobody;
  asked = 'radio';
  #frames = 0;
  #waiting = new Set<() => void>();
  readonly #server: net.Server;

  constructor(workers: number, maxListeners = 100, listenerQueueBytes: number = settings.listenerQueueBytes) {
    this.pool = new WorkerPool({
      workers,
      afterListener: BEFORE,
      settings: { ...settings, maxListeners, listenerQueueBytes },
      feed: this.feed,
      log: this.log.log,
      heard: (_mount, audience) => {
        this.audience = audience;
        this.#look();
      },
      user: {
        left: (listener, { reason, bytes }) => {
          this.left.push([listener, reason]);
          this.heardBytes.push(bytes);
        },
        moved: (listener, mount) => this.moved.push([listener, mount]),
      },
    });
    this.#server = net.createServer({ pauseOnConnect: true }, (socket) => {
      const answer = this.pool.take({ socket, mount: this.asked, icy: false, label: 'listener', head: 'HEAD\r\n\r\n' });
      if (typeof answer === 'string') socket.end(answer);
    });
  }

  /** Its workers are there, with a mountpoint that has given out 100 frames. */
  static started(workers: number, maxListeners?: number, listenerQueueBytes?: number): Rig {
    const rig = new Rig(workers, maxListeners, listenerQueueBytes);
    rig.feed.opened(0 as Micros, radio, 'radio');
    rig.play(100);
    rig.pool.start();
    return rig;
  }

  /** How many frames it has given out, which have numbers from 0 on. */
  get frames(): number {
    return this.#frames;
  }

  /** It goes on where another one was. */
  continueFrom(frames: number): void {
    this.#frames = frames;
  }

  play(count: number): void {
    for (let i = 0; i < count; i++, this.#frames++) this.feed.frame(0 as Micros, radio, numbered(this.#frames), FRAME_US);
  }

  async port(): Promise<number> {
    if (!this.#server.listening) await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return (this.#server.address() as net.AddressInfo).port;
  }

  async client(): Promise<RawClient> {
    const client = new RawClient(await this.port());
    await client.until((received) => received.includes('HEAD\r\n\r\n') && received.length > 1_000);
    return client;
  }

  /** Resolves when the audience is as asked for. */
  until(is: (audience: Audience) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!is(this.audience)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  async stop(): Promise<void> {
    this.#server.close();
    await this.pool.stop(500);
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }
}
