import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import type { Material } from '../referee/material.ts';
import { DavecastRig } from '../rigs/davecast.ts';
import type { Format } from '../rigs/formats.ts';
import { IcecastRig } from '../rigs/icecast.ts';
import { LiquidsoapRig } from '../rigs/liquidsoap.ts';
import type { Rig } from '../rigs/rig.ts';
import type { Fault } from './fault.ts';

export type SystemName = 'davecast' | 'icecast' | 'liquidsoap';

export interface System {
  readonly label: string;
  /** What must be installed beside ffmpeg and mpg123. */
  readonly programs: readonly string[];
  readonly can: readonly Fault['needs'][];
  build(format: Format, material: Material, legs: 'tcp' | 'udp', seed: string): Rig;
}

export const systems: Readonly<Record<SystemName, System>> = {
  davecast: {
    label: 'Davecast',
    programs: [],
    can: ['studios', 'relays', 'udp'],
    build: (format, material, legs, seed) => new DavecastRig(format, material, { legs, seed }),
  },
  icecast: {
    label: 'Icecast, fallback-mount',
    programs: ['icecast2'],
    can: ['studios'],
    build: (format, material, _, seed) => new IcecastRig(format, material, seed),
  },
  liquidsoap: {
    label: 'Liquidsoap, fallback',
    programs: ['liquidsoap', 'icecast2'],
    can: ['studios'],
    build: (format, material, _, seed) => new LiquidsoapRig(format, material, seed),
  },
};

/** Those of the programs that cannot be run here. */
export function missingPrograms(programs: readonly string[]): string[] {
  const directories = (process.env['PATH'] ?? '').split(path.delimiter);
  return programs.filter(
    (program) =>
      !directories.some((directory) => {
        try {
          accessSync(path.join(directory, program), constants.X_OK);
          return true;
        } catch {
          return false;
        }
      }),
  );
}
