import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDavecast, type Davecast } from '../../../bench/common/davecast.ts';
import { freeTcpPort } from '../../../bench/common/free-port.ts';
import { end } from '../../../bench/rigs/studio.ts';
import { startNginx } from './hls-support.ts';

const HOST = '127.0.0.1';

/** A mountpoint `radio` of noise in AAC, at two edges with HLS behind nginx, each a process of its own. */
export class HlsSite {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'davecast-hls-'));
  readonly edges: Davecast[] = [];
  readonly #running: Davecast[] = [];
  readonly #others: ChildProcess[] = [];
  #port = 0;

  /** @param edgeArgs of each edge, by its number. */
  async start(edgeArgs: (edge: number) => readonly string[]): Promise<void> {
    const relay = await this.#launch(['relay', '--in', '0', '--out', '0'], ['in', 'out']);
    const encoder = await this.#launch(['encoder', '--mount', 'radio', '--listen', '0', '--to', `${HOST}:${portOf(relay, 'in')}`], ['source']);
    for (const edge of [0, 1]) this.edges.push(await this.#launch(['edge', '--http', '0', '--relay', `${HOST}:${portOf(relay, 'out')}`, '--hls', ...edgeArgs(edge)], ['http']));
    this.#others.push(spawn('ffmpeg', ['-v', 'error', '-re', '-f', 'lavfi', '-i', 'anoisesrc=color=pink:sample_rate=44100', '-ac', '2', '-c:a', 'aac', '-b:a', '96k', '-f', 'adts', '-content_type', 'audio/aac', `icecast://source:x@${HOST}:${portOf(encoder, 'source')}/radio`], { stdio: 'ignore' }));
    this.#port = await freeTcpPort();
    this.#others.push(startNginx(this.edges.map((edge) => portOf(edge, 'http')), this.#port, this.directory));
  }

  /** Below which everything of the mountpoint is at each edge. */
  get edgeUrls(): readonly [string, string] {
    return this.edges.map((edge) => urlOf(portOf(edge, 'http'))) as [string, string];
  }

  /** The same at nginx. */
  get url(): string {
    return urlOf(this.#port);
  }

  async stop(): Promise<void> {
    // Killed, nginx would leave its workers behind.
    for (const child of this.#others) await end(child, 'SIGTERM');
    await Promise.all(this.#running.map((process) => process.stop()));
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #launch(args: readonly string[], awaits: readonly string[]): Promise<Davecast> {
    const made = await startDavecast(args, awaits);
    this.#running.push(made);
    return made;
  }
}

function portOf(process: Davecast, what: string): number {
  return process.ports.get(what)!;
}

function urlOf(port: number): string {
  return `http://${HOST}:${port}/radio/`;
}
