import type { Settings } from '../../core/config/settings.ts';
import { bindAddress, listenPort, mountName, noMore, tcpEndpoint, workerCount } from '../cli/arguments.ts';
import { configOf } from '../cli/config.ts';
import { policiesOf } from '../cli/mount-policies.ts';
import type { MountSources } from '../cli/mount-sources.ts';
import type { Given } from '../cli/options.ts';
import { authoritiesOf, tlsOf } from '../cli/tls.ts';
import type { LogLevel } from '../log/table.ts';
import { adminPassword } from '../operator/password.ts';
import { UsageError } from '../process/problems.ts';
import type { ShoutcastPort } from '../source/source-intake.ts';
import type { StationConfig } from '../station/station.ts';
import type { StationMount } from '../station/station-mounts.ts';
import { namesMount, pulledMounts, sourcePassword, stationOf } from './encoder-config.ts';
import { accessLogOf, allowedOf, recordOf } from './shared-config.ts';

/** A station as it is wished for; how much memory its machines may have is known when it is made. */
export interface StationWish {
  readonly config: Omit<StationConfig, 'settings' | 'relaySettings'>;
  readonly settings: Settings;
  /** Of a file; the command line goes before it. */
  readonly logLevel?: LogLevel | undefined;
}

/** Sources of one mountpoint that are accepted: more encoders than a station has in a bad hour. */
const SOURCES_PER_MOUNT = 8;

/** `davecast station` */
export function stationConfig(given: Given): StationWish {
  noMore(given.positionals);
  const { settings, policies, sources: inFile } = configOf(given, 'station');
  const only = given.all('mount').map((text) => mountName('--mount', text));
  const httpPort = listenPort('--http', given.one('http'));
  const config: StationWish['config'] = {
    bind: bindAddress(given),
    httpPort,
    tls: tlsOf(given),
    shoutcast: shoutcastOf(given, httpPort),
    sources: { ...stationOf(given), password: sourcePassword(given), mounts: mountsOf(given, inFile), only: only.length === 0 ? undefined : new Set(only) },
    sourcesPerMount: given.has('single-source') ? 1 : SOURCES_PER_MOUNT,
    pulled: pulledOf(given, inFile),
    ca: authoritiesOf(given),
    peers: given.all('peer').map((text) => tcpEndpoint('--peer', text)),
    outPort: optionalPort(given, 'out'),
    inPort: optionalPort(given, 'in'),
    ...allowedOf(given),
    workers: workerCount('--workers', given.one('workers')),
    policies: policiesOf(given, policies),
    adminPassword: adminPassword(given, 'admin-password'),
    accessLog: accessLogOf(given),
    record: recordOf(given),
  };
  return { config, settings };
}

function optionalPort(given: Given, option: string): number | undefined {
  return given.has(option) ? listenPort(`--${option}`, given.one(option)) : undefined;
}

/** The port of Shoutcast 1: the one behind --http, unless given, as its clients expect. */
function shoutcastOf(given: Given, httpPort: number): ShoutcastPort | undefined {
  if (!given.has('shoutcast-mount')) {
    if (given.has('shoutcast-port')) throw new UsageError('--shoutcast-port needs --shoutcast-mount');
    return undefined;
  }
  const mount = mountName('--shoutcast-mount', given.one('shoutcast-mount'));
  const own = given.one('shoutcast-port');
  const isNext = own === undefined && httpPort > 0;
  return { mount, port: listenPort('--shoutcast-port', isNext ? String(httpPort + 1) : own) };
}

/** What the file says of the sources of mountpoints. */
function mountsOf(given: Given, inFile: MountSources): ReadonlyMap<string, StationMount> {
  return new Map([...inFile].map(([name, { password, origin, title, headers, to }]) => {
    if (to !== undefined) given.notes.push(`mounts.${name}.source.to is for davecast encoder: a station sends to those who subscribe to its --out port`);
    return [name, { password, origin, title, headers }];
  }));
}

/** Those of the command line, and those of the file. */
function pulledOf(given: Given, inFile: MountSources): StationConfig['pulled'] {
  const plain = given.all('from').find((text) => !namesMount(text));
  if (plain !== undefined) throw new UsageError(`--from must be MOUNT=URL, not "${plain}"`);
  const urls = new Map([...inFile].flatMap(([name, { from }]) => (from === undefined ? [] : [[name, from] as const])));
  for (const [name, url] of pulledMounts(given)) urls.set(name, url);
  return [...urls].map(([mount, url]) => ({ mount, url }));
}
