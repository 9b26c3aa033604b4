import type { Format } from './formats.ts';
import type { Material } from '../referee/material.ts';
import { until } from '../common/until.ts';
import { Studio } from './studio.ts';

/** The mountpoints of the two studios where they push to one server, the preferred one first. */
export const MOUNTS = ['main', 'backup'] as const;

export interface PushingOptions {
  readonly format: Format;
  readonly material: Material;
  readonly seed: string;
  readonly port: () => number;
  readonly onComplaint: (line: string) => void;
}

/** Two studios whose encoders push to one server themselves. */
export function pushingStudios({ format, material, seed, port, onComplaint }: PushingOptions): Studio[] {
  const startedMs = performance.now();
  return MOUNTS.map(
    (mount) =>
      new Studio({
        name: `studio-${mount}`,
        seed,
        format,
        pcm: material.pcm,
        positionS: () => (performance.now() - startedMs) / 1000,
        openIngress: () => Promise.resolve({ port: port(), mount }),
        onComplaint,
      }),
  );
}

/** Resolves when the log tells of all of `signs`. */
export async function untilLogged(log: () => string, signs: readonly string[], timeoutMs: number): Promise<void> {
  await until(() => `both encoders in the log: ${log().slice(-2_000)}`, () => signs.every((sign) => log().includes(sign)), { withinMs: timeoutMs, everyMs: 100 });
}
