import type { HeaderList } from '../../../core/wire/messages/headers.ts';
import { policyFor } from '../../../core/config/mount-policy.ts';
import { MAX_TARGETS } from '../../../core/encoder/targets/targets.ts';
import { formatEndpoint, type Endpoint } from '../../net/addresses/address.ts';
import { bindAddress, encoderOrigin, icecastUrl, listenPort, mountName, namesMount, optionalPort, passwordOf, shoutcastPort, targets, tcpEndpoint } from '../../cli/options/arguments.ts';
import { configOf, type Config, type GivenWithFile } from '../../cli/config/config.ts';
import { authoritiesOf, tlsOf } from '../../cli/options/tls.ts';
import { useByEncoder } from '../../net/keys/file/key-use.ts';
import { stationHeaders, type MountSource } from '../../cli/mounts/mount-sources.ts';
import type { EncoderConfig, EncoderMount, MountInput } from '../../encoder/encoder.ts';
import { percentEncodePath } from '../../http/message/text.ts';
import type { Given } from '../../cli/options/options.ts';
import { withOwnPorts } from '../../cli/options/own-ports.ts';
import { UsageError } from '../../process/problems.ts';
import { ownKeyOf, signOf } from './link-keys.ts';
import { httpListsOf, readyOf, trustedProxiesOf } from './shared-config.ts';
import type { ShoutcastPort } from '../../encoder/source/push/source-intake.ts';

/** Passwords of source clients. What stands on a command line is in the list of processes; this is not. */
export const SOURCE_PASSWORD_VARIABLE = 'DAVECAST_SOURCE_PASSWORD';

/** `davecast encoder`: the mountpoints of --mount, of `--from MOUNT=URL`, and those of the configuration file that have a source. */
export function encoderConfig(given: GivenWithFile): EncoderConfig {
  const { settings, sources: inFile, policies } = configOf(given);
  const pulled = pulledMounts(given);
  const names = new Set([...given.all('mount').map((text) => mountName('--mount', text)), ...pulled.keys(), ...inFile.keys()]);
  if (names.size === 0) throw new UsageError('--mount is missing');
  const defaultTo = [...given.all('to'), ...given.positionals];
  const to = defaultTo.length === 0 && [...names].every((name) => inFile.get(name)?.to !== undefined) ? [] : targets('--to', defaultTo);
  const inputOf = inputs(given, names, pulled, { sources: inFile, policies });
  const station = stationOf(given);
  // Where none has targets of its own, each has all that there are, also those that come later.
  const shared = [...inFile.values()].some((source) => source.to !== undefined) ? to : undefined;
  const mounts = [...names].map((name): EncoderMount => {
    const { origin = station.origin, title = station.title, headers = [], to: own = shared } = inFile.get(name) ?? {};
    return { name, input: inputOf(name), to: own, origin, title, headers: [...headers, ...station.headers] };
  });
  const listening = mounts.filter(({ input }) => input.kind === 'listen').map(({ name }) => name);
  const port = listening.length > 0 ? listenPort('--listen', given.one('listen')) : undefined;
  const all = union(to, mounts);
  return withOwnPorts({ mounts, targets: all, key: ownKeyOf(given, all, useByEncoder([...names])), sign: signOf(given, [...names]), listenPort: port, httpPort: optionalPort(given, 'http'), tls: tlsOf(given), shoutcast: shoutcastOf(given, listening, port), trustedProxies: trustedProxiesOf(given), httpLists: httpListsOf(given), ready: readyOf(given, 'encoder'), bind: bindAddress(given), ca: authoritiesOf(given), settings });
}

/** `daveice ICECAST:PORT MOUNT TARGET [TARGET …]` */
export function daveiceConfig(given: GivenWithFile): EncoderConfig {
  const [icecast, mountText, ...to] = given.positionals;
  if (icecast === undefined) throw new UsageError('ICECAST:PORT is missing');
  const host = formatEndpoint(tcpEndpoint('ICECAST:PORT', icecast));
  const name = mountName('MOUNT', mountText);
  const url = icecastUrl('MOUNT', `http://${host}/${percentEncodePath(name)}`);
  const { settings } = configOf(given);
  const all = targets('TARGET', to);
  return { mounts: [{ name, input: { kind: 'from', url }, ...stationOf(given) }], targets: all, key: ownKeyOf(given, all, useByEncoder([name])), sign: signOf(given, [name]), bind: bindAddress(given), ca: authoritiesOf(given), settings };
}

function shoutcastOf(given: Given, listening: readonly string[], port: number | undefined): ShoutcastPort | undefined {
  const own = given.one('shoutcast-port');
  const name = given.one('shoutcast-mount');
  if (own === undefined && name === undefined) return undefined;
  if (port === undefined) throw new UsageError(`--shoutcast-${own === undefined ? 'mount' : 'port'} needs --listen`);
  if (name === undefined && listening.length > 1) throw new UsageError('--shoutcast-mount is missing: source clients push to several mountpoints');
  const mount = name === undefined ? listening[0]! : mountName('--shoutcast-mount', name);
  if (!listening.includes(mount)) throw new UsageError(`--shoutcast-mount: source clients do not push to /${mount}`);
  return { mount, port: shoutcastPort(given, port) };
}

/** What all mountpoints have that say nothing else. */
export function stationOf(given: Given): Pick<EncoderMount, 'headers' | 'title' | 'origin'> {
  const headers: HeaderList = Object.entries(stationHeaders).flatMap(([option, header]) => given.all(option).map((value) => [header, value] as const));
  return { headers, title: given.one('title') ?? '', origin: encoderOrigin(given.one('origin')) };
}

/** `--from MOUNT=URL`, by mountpoint. */
export function pulledMounts(given: Given): ReadonlyMap<string, URL> {
  const pulled = new Map<string, URL>();
  for (const text of given.all('from').filter(namesMount)) {
    const cut = text.indexOf('=');
    const name = mountName('--from', text.slice(0, cut));
    if (pulled.has(name)) throw new UsageError(`--from is given twice for /${name}`);
    pulled.set(name, icecastUrl('--from', text.slice(cut + 1)));
  }
  return pulled;
}

/** Where the audio of each mountpoint comes from. */
function inputs(given: Given, names: ReadonlySet<string>, pulled: ReadonlyMap<string, URL>, { sources: inFile, policies }: Pick<Config, 'sources' | 'policies'>): (name: string) => MountInput {
  const plain = given.all('from').filter((text) => !namesMount(text));
  if (plain.length > 1) throw new UsageError('--from is given twice; with several mountpoints it is --from MOUNT=URL');
  const rest = [...names].filter((name) => !pulled.has(name) && inFile.get(name)?.from === undefined);
  const ways = [...(plain.length > 0 ? ['from'] : []), ...['stdin', 'listen'].filter((name) => given.has(name))];
  if (ways.length > 1) throw new UsageError(`--${ways[0]} and --${ways[1]} exclude each other`);
  const [input] = ways;
  const password = sourcePassword(given);
  if (input === undefined && rest.length > 0) throw new UsageError('one of --from, --stdin and --listen is missing');
  if (input !== undefined && rest.length === 0) throw new UsageError(`--${input} is for no mountpoint: all have a --from of their own`);
  if (input !== undefined && input !== 'listen' && rest.length > 1) throw new UsageError(`--${input} is for one mountpoint, and not for ${rest.map((name) => `/${name}`).join(', ')}`);
  return (name) => {
    const own: MountSource = inFile.get(name) ?? {};
    const url = pulled.get(name) ?? own.from;
    if (url !== undefined) return { kind: 'from', url };
    if (input === 'from') return { kind: 'from', url: icecastUrl('--from', plain[0]!) };
    if (input === 'stdin') return { kind: 'stdin' };
    const authTimeoutMs = policyFor(name, policies)?.settings?.listenerAuthTimeoutMs;
    return { kind: 'listen', ...(own.user !== undefined && { user: own.user }), ...(own.auth !== undefined && { auth: own.auth }), ...(authTimeoutMs !== undefined && { authTimeoutMs }), password: own.password ?? password };
  };
}

/** What --password says, or else the environment; undefined when neither does. */
export function sourcePassword(given: Given): string | undefined {
  return passwordOf(given, 'password', SOURCE_PASSWORD_VARIABLE);
}

/** The targets of all mountpoints, each once; those of the command line as they stand there. */
function union(to: readonly Endpoint[], mounts: readonly EncoderMount[]): readonly Endpoint[] {
  const all = [...to];
  const names = new Set(to.map(formatEndpoint));
  for (const endpoint of mounts.flatMap((mount) => mount.to ?? [])) {
    if (!names.has(formatEndpoint(endpoint))) all.push(endpoint);
    names.add(formatEndpoint(endpoint));
  }
  if (all.length > MAX_TARGETS) throw new UsageError(`--to: ${all.length} targets of all mountpoints, at most ${MAX_TARGETS} are possible`);
  return all;
}
