import { isIP } from 'node:net';
import { availableParallelism, hostname } from 'node:os';
import { mountpointProblem } from '../../../core/wire/messages/announce.ts';
import { canSayWants, MAX_WANTED_NAMES, MAX_WANTED_PATTERNS, MAX_WANTS_BYTES, wantedNameProblem } from '../../../core/wire/messages/wants.ts';
import { MAX_TARGETS } from '../../../core/encoder/targets/targets.ts';
import { originProblem } from '../../../core/wire/messages/extensions.ts';
import { parseRange, type Range } from '../../net/addresses/allow.ts';
import { allAddresses, isMulticast, parseEndpoint, parsePort, type Endpoint, type HostEndpoint } from '../../net/addresses/address.ts';
import { isUrl, readNats, withoutNatsLogin } from '../../net/addresses/nats-address.ts';
import { logLevels, type LogLevel } from '../../log/text/table.ts';
import type { Given } from './options.ts';
import { didYouMean } from '../yaml/nearest.ts';
import { UsageError } from '../../process/problems.ts';

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

export function tcpEndpoint(what: string, text: string): HostEndpoint {
  const endpoint = parseEndpoint(text);
  if (endpoint?.transport !== 'tcp') throw new UsageError(`${what} must be HOST:PORT, not "${withoutNatsLogin(text)}"`);
  return endpoint;
}

/** What can be subscribed to: a relay, or a cluster of NATS. */
export function upstreamEndpoint(what: string, text: string): Endpoint {
  if (isUrl(text)) return natsEndpoint(what, text);
  const endpoint = parseEndpoint(text);
  if (endpoint?.transport !== 'tcp') throw new UsageError(`${what} must be HOST:PORT or nats://HOST, not "${text}"`);
  return endpoint;
}

/** What can be sent to: a relay, or a cluster of NATS. */
export function targetEndpoint(what: string, text: string): Endpoint {
  if (isUrl(text)) return natsEndpoint(what, text);
  const endpoint = parseEndpoint(text);
  if (endpoint === undefined) throw new UsageError(`${what} must be HOST:PORT, HOST@PORT or nats://HOST, not "${text}"`);
  return endpoint;
}

/** A cluster of NATS. What is wrong is told by the part that it is wrong with. */
function natsEndpoint(what: string, text: string): Endpoint {
  const read = readNats(text);
  if (!('says' in read)) return read;
  const { says, word, words } = read;
  throw new UsageError(`${what} "${withoutNatsLogin(text)}": ${says}${word === undefined ? '' : didYouMean(word, words!)}`);
}

/** Of TCP or UDP. */
export function hostEndpoint(what: string, text: string): HostEndpoint {
  const endpoint = parseEndpoint(text);
  if (endpoint === undefined || endpoint.transport === 'nats') throw new UsageError(`${what} must be HOST:PORT or HOST@PORT, not "${text}"`);
  return endpoint;
}

export function multicastEndpoint(what: string, text: string): HostEndpoint {
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
  return texts.map((text) => targetEndpoint(what, text));
}

/** A mountpoint's name without its leading slash. */
export function mountName(what: string, text: string | undefined): string {
  if (text === undefined) throw new UsageError(`${what} is missing`);
  const name = text.replace(/^\//, '');
  const problem = mountpointProblem(name);
  if (problem !== undefined) throw new UsageError(`${what}: ${problem}`);
  return name;
}

/** Names of mountpoints, in which `*` stands for any characters; undefined: none is given, and all are meant. */
export function mountPatterns(what: string, texts: readonly string[]): readonly string[] | undefined {
  if (texts.length === 0) return undefined;
  const names = texts.map((text) => mountPattern(what, text));
  if (!canSayWants(names)) throw new UsageError(`${what}: too many names, there can be ${MAX_WANTED_NAMES}, ${MAX_WANTED_PATTERNS} of them with a *, and ${MAX_WANTS_BYTES} bytes in all`);
  return names;
}

/** One of these. */
export function mountPattern(what: string, text: string): string {
  const name = text.replace(/^\//, '');
  const problem = wantedNameProblem(name);
  if (problem !== undefined) throw new UsageError(`${what} "${text}": ${problem}`);
  return name;
}

/** Whole seconds, up to a day. */
export function seconds(what: string, text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > SECONDS_A_DAY) throw new UsageError(`${what} must be a number of seconds from 0 to ${SECONDS_A_DAY}, not "${text}"`);
  return Number(text);
}

const SECONDS_A_DAY = 86_400;

/** Mountpoints of one group: `radio=radio-64,radio-128`. */
export function hlsGroup(what: string, text: string): readonly [name: string, mounts: readonly string[]] {
  const cut = text.indexOf('=');
  if (cut <= 0) throw new UsageError(`${what} must be NAME=MOUNT,MOUNT, not "${text}"`);
  const mounts = text.slice(cut + 1).split(',').map((name) => mountName(what, name));
  if (new Set(mounts).size < mounts.length) throw new UsageError(`${what} has a mountpoint twice: "${text}"`);
  return [mountName(what, text.slice(0, cut)), mounts];
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

/** The address of a web service; undefined when it is none. */
export function serviceUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined;
}

/** Whether a --from says which mountpoint it is for. A URL has a colon before it has an equals sign. */
export function namesMount(text: string): boolean {
  return /^[^:=]+=/.test(text);
}

export function bindAddress(given: Given, otherwise: string = allAddresses()): string {
  const address = given.one('bind') ?? otherwise;
  if (isIP(address) === 0) throw new UsageError(`--bind must be an address of this machine, not "${address}"`);
  return address;
}

/** What an option says that may not say nothing, such as the name of a file; undefined when it is not given. */
export function filledOf(given: Given, option: string): string | undefined {
  const text = given.one(option);
  if (text === '') throw new UsageError(`--${option} must not be empty`);
  return text;
}

/** What the option says, or else this variable of the environment; undefined when neither does. */
export function passwordOf(given: Given, option: string, variable: string): string | undefined {
  return filledOf(given, option) ?? (process.env[variable] || undefined);
}

/** Undefined when nothing is given. */
export function logLevel(given: Given): LogLevel | undefined {
  const text = given.one('log-level');
  return text === undefined ? undefined : wordOf('--log-level', text, logLevels);
}

/** Throws a UsageError that begins with `what` unless the text is one of the words. */
export function wordOf<Word extends string>(what: string, text: string, words: readonly Word[]): Word {
  const word = words.find((one) => one === text);
  if (word === undefined) throw new UsageError(`${what} must be one of ${words.join(', ')}, not "${text}"`);
  return word;
}

export function noMore(positionals: readonly string[]): void {
  if (positionals.length > 0) throw new UsageError(`unexpected argument "${positionals[0]}"`);
}

/** Whether HTTP can carry it in front of a password (RFC 7617, section 2). */
export function isUserName(name: string): boolean {
  return name !== '' && !name.includes(':');
}
