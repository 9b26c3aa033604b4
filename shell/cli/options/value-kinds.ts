import { hlsGroup, hostEndpoint, icecastUrl, listenPort, mountName, mountPattern, multicastEndpoint, namesMount, ranges, seconds, targetEndpoint, tcpEndpoint, upstreamEndpoint, wordOf, workerCount } from './arguments.ts';
import type { Option } from './options.ts';
import { UsageError } from '../../process/problems.ts';

/** What may stand for the value of an option: known by the word that stands for it in the help. */
export interface ValueKind {
  /** Throws a UsageError that begins with `what` when a text is no such value. */
  read(what: string, text: string): unknown;
  readonly example: string;
  /** Of the value in a configuration file: a JSON Schema (draft 2020-12). */
  readonly schema: object;
}

const text: ValueKind = { read: () => undefined, example: '"…"', schema: { type: ['string', 'number', 'boolean'] } };

const filled = (example: string): ValueKind => ({ read: notEmpty, example, schema: { type: ['string', 'number'], minLength: 1 } });

/** A text with variables of the environment in it may become anything. */
const reference = { type: 'string', pattern: '\\$\\{' };

const shaped = (read: ValueKind['read'], example: string, pattern: string): ValueKind => ({
  read,
  example,
  schema: { anyOf: [{ type: 'string', pattern }, reference] },
});

const numbers = (read: ValueKind['read'], example: string, minimum: number, maximum: number, otherwise: readonly object[] = []): ValueKind => ({
  read,
  example,
  schema: { anyOf: [{ type: 'integer', minimum, maximum }, { type: 'string', pattern: '^[0-9]+$|\\$\\{' }, ...otherwise] },
});

const kinds: Readonly<Record<string, ValueKind>> = {
  PORT: numbers(listenPort, '8000', 0, 65_535),
  'N|auto': numbers(workerCount, 'auto', 1, 128, [{ const: 'auto' }]),
  'HOST:PORT': shaped(tcpEndpoint, 'relay-1.example.com:8001', '^.+:[0-9]+$'),
  'HOST:PORT|HOST@PORT': shaped(hostEndpoint, 'relay-1.example.com:9001', '^.+[:@][0-9]+$'),
  'GROUP@PORT': shaped(multicastEndpoint, '239.1.2.3@9001', '^.+@[0-9]+$'),
  'HOST:PORT|nats://HOST': shaped(upstreamEndpoint, 'relay-1.example.com:8001', '^.+:[0-9]+$|^([nN][aA][tT][sS]|[tT][lL][sS])://.+$'),
  'HOST:PORT|HOST@PORT|nats://HOST': shaped(targetEndpoint, 'relay-1.example.com:9001', '^.+[:@][0-9]+$|^([nN][aA][tT][sS]|[tT][lL][sS])://.+$'),
  CIDR: shaped((what, one) => ranges(what, [one]), '192.0.2.0/24', '^[0-9a-fA-F.:]+(/[0-9]+)?$'),
  URL: shaped((what, one) => {
    if (!URL.canParse(one) || !/^https?:/.test(one)) throw new UsageError(`${what} must be http://HOST:PORT or https://HOST:PORT`);
  }, 'http://edge-2.example.com:8000', '://'),
  'URL|MOUNT=URL': shaped((what, one) => (namesMount(one) ? pulled(what, one) : icecastUrl(what, one)), 'http://icecast.example.com:8000/radio', '://'),
  'MOUNT=URL': shaped(pulled, 'radio=http://icecast.example.com:8000/radio', '='),
  'MOUNT=ORIGIN': shaped(pair, 'radio=studio-a', '='),
  'MOUNT=CODEC': shaped(pair, 'radio=mp3', '='),
  'MOUNT=OTHER': shaped(pair, 'radio=music', '='),
  'MOUNT=FILE': shaped(pair, 'radio=sorry.mp3', '='),
  GLOB: shaped(mountPattern, '"news-*"', '^.+$'),
  SECONDS: numbers(seconds, '60', 0, 86_400),
  'NAME=MOUNT,…': shaped(hlsGroup, 'radio=radio-64,radio-128', '='),
  ADDRESS: filled('192.0.2.1'),
  FILE: filled('/etc/davecast/FILE'),
  DIR: filled('/var/lib/davecast'),
  PASSWORD: filled('"${STUDIO_PASSWORD}"'),
  NAME: filled('radio'),
  TEXT: text,
};

/** Undefined for a flag. Each option of a command line has one: a test sees to it. */
export function kindOf({ value, oneOf }: Option): ValueKind | undefined {
  if (value === undefined) return undefined;
  if (oneOf === undefined) return kinds[value];
  return {
    read: (what, one) => wordOf(what, one, oneOf),
    example: oneOf[0]!,
    schema: { anyOf: [{ enum: oneOf }, reference] },
  };
}

function notEmpty(what: string, one: string): void {
  if (one === '') throw new UsageError(`${what} must not be empty`);
}

function pair(what: string, one: string): string {
  const cut = one.indexOf('=');
  if (cut <= 0 || cut === one.length - 1) throw new UsageError(`${what} must be MOUNT=…, not "${one}"`);
  mountName(what, one.slice(0, cut));
  return one.slice(cut + 1);
}

function pulled(what: string, one: string): URL {
  return icecastUrl(what, pair(what, one));
}
