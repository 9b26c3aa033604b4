import { readFileSync } from 'node:fs';
import { inRepository } from '../common/repository.ts';
import type { Format } from './formats.ts';
import { IcecastServer } from './icecast-server.ts';
import { MOUNTS, pushingStudios, untilLogged } from './pushed.ts';
import type { Material } from '../referee/material.ts';
import type { Middle, Rig, Told } from './rig.ts';
import type { Studio } from './studio.ts';

const configuration = inRepository('bench/rigs/config/icecast-fallback.xml');

/**
 * Icecast with a fallback mount: listeners of /main are moved to /backup when it ends, and back when it returns.
 *
 *     programme -> ffmpeg -> /main   --+
 *     programme -> ffmpeg -> /backup --+-> icecast -> /main
 */
export class IcecastRig implements Rig {
  readonly complaints: string[] = [];
  readonly switches: readonly Told[] | undefined = undefined;
  readonly relays: readonly Middle[] = [];
  /** The preferred one is heard whenever it is there. */
  readonly live = 0;
  readonly studios: readonly Studio[];
  #server: IcecastServer | undefined;

  constructor(format: Format, material: Material, seed: string) {
    this.studios = pushingStudios({ format, material, seed, port: () => this.#server!.port, onComplaint: (line) => this.complaints.push(line) });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server!.port}/${MOUNTS[0]}`;
  }

  async start(): Promise<void> {
    this.#server = await IcecastServer.start(readFileSync(configuration, 'utf8'));
    for (const studio of this.studios) await studio.start();
  }

  untilReady(timeoutMs: number): Promise<void> {
    return untilLogged(() => this.#server!.log, MOUNTS.map((mount) => `Source logging in at mountpoint "/${mount}"`), timeoutMs);
  }

  setWeather(): void {
    throw new Error('no UDP here');
  }

  async stop(): Promise<void> {
    await Promise.all(this.studios.map((studio) => studio.kill()));
    await this.#server?.stop();
  }
}
