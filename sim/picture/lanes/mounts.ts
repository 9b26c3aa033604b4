import type { LaneDraft, PictureBuilder } from '../builder.ts';
import type { Fields } from '../data.ts';

/** The colour of a stream's encoder. */
export type HueOf = (stream: string) => number | undefined;

/** Follows which stream each mountpoint of an edge has on air, by what the edge reports. */
export class MountsFollower {
  readonly #lanes: ReadonlyMap<string, LaneDraft>;
  readonly #hueOf: HueOf;
  readonly #live = new Map<string, string>();

  /** The lanes of the mountpoints are made at once, to stand together. */
  constructor(builder: PictureBuilder, group: string, mounts: readonly string[], hueOf: HueOf) {
    const lane = (mount: string): LaneDraft => builder.lane({ kind: 'mount', group, name: `on air: /${mount}`, isKey: true });
    this.#lanes = new Map(mounts.map((mount) => [mount, lane(mount)]));
    this.#hueOf = hueOf;
  }

  laneOf(mount: unknown): LaneDraft | undefined {
    return this.#lanes.get(String(mount));
  }

  event(atMs: number, kind: string, fields: Fields): void {
    const mount = String(fields['mount']);
    if (kind === 'mount-started') this.#begins(atMs, mount, String(fields['stream']));
    else if (kind === 'fallback-entered') this.#enterFallback(atMs, mount, String(fields['what']));
    else if (kind === 'fallback-left') this.#onAir(atMs, mount, String(fields['to']));
    else if (kind === 'fallback-replaced') this.#lanes.get(mount)?.enter(atMs, { state: 'stalled', tone: 'warn', label: 'fallback taken away' });
    else if (kind === 'switch') this.#onAir(atMs, mount, String(fields['to']));
    else if (kind === 'resumed') this.#onAir(atMs, mount, this.#live.get(mount) ?? String(fields['stream']));
    else if (kind === 'stalled') this.#lanes.get(mount)?.enter(atMs, { state: 'stalled', tone: 'warn', label: 'stalled' });
    else if (kind === 'mount-ended') this.#offAir(atMs, mount);
  }

  /** The edge is gone, and all that it knew. */
  edgeDied(atMs: number): void {
    for (const mount of this.#live.keys()) this.#offAir(atMs, mount);
  }

  /** Without a stream it begins with its fallback, which is told by itself. */
  #begins(atMs: number, mount: string, stream: string): void {
    if (stream !== '') this.#onAir(atMs, mount, stream);
  }

  #enterFallback(atMs: number, mount: string, what: string): void {
    this.#live.set(mount, what);
    this.#lanes.get(mount)?.enter(atMs, { state: 'fallback', tone: 'warn', label: `fallback: ${what}` });
  }

  #onAir(atMs: number, mount: string, stream: string): void {
    this.#live.set(mount, stream);
    const hue = this.#hueOf(stream);
    this.#lanes.get(mount)?.enter(atMs, { state: 'on air', tone: 'good', label: stream, ...(hue !== undefined && { hue }) });
  }

  #offAir(atMs: number, mount: string): void {
    this.#live.delete(mount);
    this.#lanes.get(mount)?.enter(atMs, { state: 'off air', tone: 'bad', label: 'off air' });
  }
}
