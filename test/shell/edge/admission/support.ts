import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultSettings, type Settings } from '../../../../core/config/settings.ts';
import type { AdmissionConfig } from '../../../../shell/edge/admission/rules.ts';
import { EdgeApp } from '../../../../shell/edge/edge.ts';
import type { EdgeConfig } from '../../../../shell/edge/config.ts';
import { CapturedLog, mp3Frames } from '../../support/support.ts';

export interface Served {
  readonly told: CapturedLog;
  readonly port: number;
  readonly app: EdgeApp;
  stop(): Promise<void>;
}

export function scratchDirectory(): { readonly path: (name: string) => string; readonly write: (name: string, text: string) => string; readonly remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'davecast-admission-'));
  const path = (name: string): string => join(directory, name);
  const write = (name: string, text: string): string => {
    writeFileSync(path(name), text);
    return path(name);
  };
  return { path, write, remove: () => rmSync(directory, { recursive: true }) };
}

/** An edge whose mountpoints `mounts` play a file. */
export async function serve(mounts: readonly string[], admission: AdmissionConfig, settings: Partial<Settings> = {}, more: Partial<EdgeConfig> = {}): Promise<Served> {
  const scratch = scratchDirectory();
  const file = scratch.write('loop.mp3', '');
  writeFileSync(file, Buffer.concat(mp3Frames(40)));
  const told = new CapturedLog();
  const policies = Object.fromEntries(mounts.map((mount) => [mount, { ...more.policies?.[mount], fallback: { file } }]));
  const app = new EdgeApp({ bind: '127.0.0.1', httpPort: 0, relays: [], settings: { ...defaultSettings, ...settings }, admission, ...more, policies }, told.log);
  try {
    await app.start();
  } finally {
    scratch.remove();
  }
  return { told, app, port: await told.port('http'), stop: () => app.stop() };
}
