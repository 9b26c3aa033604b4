import { isIP } from 'node:net';
import { availableParallelism, hostname } from 'node:os';
import { mountpointProblem } from '../../core/wire/announce.ts';
import { MAX_TARGETS } from '../../core/encoder/encoder.ts';
import { originProblem } from '../../core/wire/extensions.ts';
import { parseRange, type Range } from '../net/allow.ts';
import { allAddresses, isMulticast, parseEndpoint, parsePort, type Endpoint } from '../net/address.ts';
import { logLevels, type LogLevel } from '../log/table.ts';
import type { Given } from './options.ts';
import { UsageError } from '../process/problems.ts';

/** Each reads one kind of argument, and says in a UsageError what is wrong with it; `what` is its name there. */

export function listenPort(what: string, text: string | undefined): number {
  if (text === undefined) throw new UsageError(`${what} is missing`);
  const port = parsePort(text);
  if (port === undefined) throw new UsageError(`${what} must be a port from 0 to 65535, not "${text}"`);
  return port;
}

/** Undefined when the option is not given. */
export function optionalPort(given: Given, option: string): number | undefined {
  return given.has(option) ? listenPort(`--${option}`, given.one(option)) : undefined;
}

/** The port of Shoutcast 1: the one behind that of source clients, unless given, as its clients expect. */
export function shoutcastPort(given: Given, beside: number): number {
  const own = given.one('shoutcast-port');
  return listenPort('--shoutcast-port', own === undefined && beside > 0 ? String(beside + 1) : own);
}

/** At most this many processes have listeners: each costs memory of its own, and machines have no more processors. */
const MAX_WORKERS = 128;

/** How many processes have listeners; 1 unless given. */
export function workerCount(what: string, text: string | undefined): number {
  if (text === undefined) return 1;
  if (text === 'auto') return Math.min(MAX_WORKERS, availableParallelism());
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MAX_WORKERS) throw new UsageError(`${what} must be a number from 1 to ${MAX_WORKERS}, or "auto", not "${text}"`);
  return count;
}

export function tcpEndpoint(what: string, text: string): Endpoint {
  const endpoint = parseEndpoint(text);
  if (endpoint?.transport !== 'tcp') throw new UsageError(`${what} must be HOST:PORT, not "${text}"`);
  return endpoint;
}

export function multicastEndpoint(what: string, text: string): Endpoint {
  const endpoint = parseEndpoint(text);
  if (endpoint?.transport !== 'udp' || !isMulticast(endpoint.host)) {
    throw new UsageError(`${what} must be GROUP@PORT with a multicast address, not "${text}"`);
  }
  return endpoint;
}

export function ranges(what: string, texts: readonly string[]): readonly Range[] {
  return texts.map((text) => {
    const range = parseRange(text);
    if (range === undefined) throw new UsageError(`${what} must be a range of addresses such as 192.0.2.0/24 or 2001:db8::/32, not "${text}"`);
    return range;
  });
}

export function targets(what: string, texts: readonly string[]): readonly Endpoint[] {
  if (texts.length === 0) throw new UsageError(`${what} is missing`);
  if (texts.length > MAX_TARGETS) throw new UsageError(`${what}: ${texts.length} targets, at most ${MAX_TARGETS} are possible`);
  return texts.map((text) => {
    const endpoint = parseEndpoint(text);
    if (endpoint === undefined) throw new UsageError(`${what} must be HOST:PORT or HOST@PORT, not "${text}"`);
    return endpoint;
  });
}

/** A mountpoint's name without its leading slash. */
export function mountName(what: string, text: string | undefined): string {
  if (text === undefined) throw new UsageError(`${what} is missing`);
  const name = text.replace(/^\//, '');
  const problem = mountpointProblem(name);
  if (problem !== undefined) throw new UsageError(`${what}: ${problem}`);
  return name;
}

/** What an encoder is called; undefined when nothing is given and the machine has no name that will do. */
export function encoderOrigin(text: string | undefined): string | undefined {
  const problem = originProblem(text ?? hostname());
  if (problem === undefined) return text ?? hostname();
  if (text !== undefined) throw new UsageError(`--origin: ${problem}`);
  return undefined;
}

export function icecastUrl(what: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '' || url.pathname === '/') {
    throw new UsageError(`${what} must be http://HOST:PORT/MOUNT or https://…, not "${text}"`);
  }
  return url;
}

export function bindAddress(given: Given, otherwise: string = allAddresses()): string {
  const address = given.one('bind') ?? otherwise;
  if (isIP(address) === 0) throw new UsageError(`--bind must be an address of this machine, not "${address}"`);
  return address;
}

/** What the option says, or else this variable of the environment; undefined when neither does. */
export function passwordOf(given: Given, option: string, variable: string): string | undefined {
  const password = given.one(option);
  if (password === '') throw new UsageError(`--${option} must not be empty`);
  return password ?? (process.env[variable] || undefined);
}

/** Undefined when nothing is given. */
export function logLevel(given: Given): LogLevel | undefined {
  const text = given.one('log-level');
  if (text === undefined) return undefined;
  const level = logLevels.find((one) => one === text);
  if (level === undefined) throw new UsageError(`--log-level must be one of ${logLevels.join(', ')}, not "${text}"`);
  return level;
}

export function noMore(positionals: readonly string[]): void {
  if (positionals.length > 0) throw new UsageError(`unexpected argument "${positionals[0]}"`);
}
