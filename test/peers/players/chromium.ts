import { chromium, type Browser } from 'playwright-core';

export const CHROMIUM = '/usr/bin/chromium';

const flags = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Its first start on a machine reads several hundred megabytes from the disk. */
const START_MS = 120_000;

/** The browser of this machine; with `plays`, pages may play without a click. */
export function launchChromium({ plays = false }: { readonly plays?: boolean } = {}): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, timeout: START_MS, args: plays ? [...flags, '--autoplay-policy=no-user-gesture-required'] : flags });
}
