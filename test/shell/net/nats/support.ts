import { defaultSettings, type Settings } from '../../../../core/config/settings.ts';
import { EdgeApp } from '../../../../shell/edge/edge.ts';
import type { EdgeConfig } from '../../../../shell/edge/config.ts';
import { EncoderApp, type EncoderConfig } from '../../../../shell/encoder/encoder.ts';
import { parseEndpoint, type Endpoint } from '../../../../shell/net/addresses/address.ts';
import type { App } from '../../../../shell/process/app.ts';
import { numbered } from '../../../core/support/frames.ts';
import { CapturedLog, RawClient } from '../../support/support.ts';

export const bind = '127.0.0.1';

export function endpoints(texts: readonly string[]): readonly Endpoint[] {
  return texts.map((text) => parseEndpoint(text)!);
}

/** Tries again soon, says its names soon, and does not wait at its end. */
export function quickSettings(more: Partial<Settings> = {}): Settings {
  return { ...defaultSettings, backoffMinMs: 20, backoffMaxMs: 50, stopMs: 100, announceMs: 200, ...more };
}

/** What has begun for a test, and ends with it. */
export class Running {
  readonly #all: { stop(): unknown }[] = [];

  add<One extends { stop(): unknown }>(one: One): One {
    this.#all.push(one);
    return one;
  }

  /** The app that was started last. */
  latest: App | undefined;

  async app(one: App): Promise<void> {
    this.latest = this.add(one);
    await one.start();
  }

  async end(): Promise<void> {
    await Promise.all(this.#all.splice(0).map((one) => one.stop()));
  }

  /** An encoder of /jazz, or of another mountpoint, whose source plays numbered frames in real time. */
  async encoder(targets: readonly string[], { mount = 'jazz', ...more }: Partial<EncoderConfig> & { readonly mount?: string } = {}): Promise<CapturedLog> {
    const told = new CapturedLog();
    await this.app(new EncoderApp({ bind, mounts: [{ name: mount, input: { kind: 'listen', password: undefined }, headers: [], title: 'first' }], targets: endpoints(targets), settings: quickSettings(), ...more }, told.log));
    const source = new RawClient(await told.port('source')).write(`SOURCE /${mount} HTTP/1.0\r\n\r\n`);
    await source.untilText('200 OK');
    const startedAt = performance.now();
    let next = 0;
    const timer = setInterval(() => {
      for (; next < (performance.now() - startedAt) / 26.1 + 20; next++) source.write(numbered(next));
    }, 10);
    this.add({ stop: () => (clearInterval(timer), source.socket.destroy()) });
    return told;
  }

  async edge(relays: readonly string[], more: Partial<EdgeConfig> = {}): Promise<TestedEdge> {
    const told = new CapturedLog();
    await this.app(new EdgeApp({ bind, httpPort: 0, relays: endpoints(relays), settings: quickSettings(), ...more }, told.log));
    const port = await told.port('http');
    return {
      told,
      listener: async () => {
        await told.until('mount-started', { mount: 'jazz' });
        return this.listener(port);
      },
    };
  }

  listener(port: number): RawClient {
    const client = new RawClient(port).write('GET /jazz HTTP/1.0\r\n\r\n');
    this.add({ stop: () => client.socket.destroy() });
    return client;
  }
}

export interface TestedEdge {
  readonly told: CapturedLog;
  /** One of /jazz, once that is on air. */
  readonly listener: () => Promise<RawClient>;
}
