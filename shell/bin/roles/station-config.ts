import { policyFor, type MountPolicies } from '../../../core/config/mount-policy.ts';
import type { Settings } from '../../../core/config/settings.ts';
import { bindAddress, listenPort, mountName, mountPatterns, namesMount, noMore, optionalPort, shoutcastPort, upstreamEndpoint, workerCount } from '../../cli/options/arguments.ts';
import { configOf, mountKey, type GivenWithFile } from '../../cli/config/config.ts';
import { policiesOf } from '../../cli/mounts/mount-policies.ts';
import type { MountListeners } from '../../cli/mounts/mount-listeners.ts';
import type { MountSources } from '../../cli/mounts/mount-sources.ts';
import type { Given } from '../../cli/options/options.ts';
import { withOwnPorts } from '../../cli/options/own-ports.ts';
import { authoritiesOf, tlsOf } from '../../cli/options/tls.ts';
import { readIcecastConfig, type IcecastConfig } from '../../icecast/config/icecast-config.ts';
import type { LogLevel } from '../../log/text/table.ts';
import { adminPassword, adminUser } from '../../operations/operator/password.ts';
import { UsageError } from '../../process/problems.ts';
import type { ShoutcastPort } from '../../encoder/source/push/source-intake.ts';
import type { StationConfig } from '../../station/station.ts';
import type { StationMount } from '../../station/station-mounts.ts';
import { pulledMounts, sourcePassword, stationOf } from './encoder-config.ts';
import { useBySubscriber } from '../../net/keys/file/key-use.ts';
import { ownKeyOf, keysOf, signOf, verifyOf } from './link-keys.ts';
import { accessLogOf, admissionOf, allowedOf, hlsOf, httpListsOf, readyOf, recordOf, trustedProxiesOf } from './shared-config.ts';

/** A station as it is wished for; how much memory its machines may have is known when it is made. */
export interface StationWish {
  readonly config: Omit<StationConfig, 'settings' | 'relaySettings'>;
  readonly settings: Settings;
  /** Of a file; the command line goes before it. */
  readonly logLevel?: LogLevel | undefined;
  readonly icecast?: IcecastConfig | undefined;
}

/** Sources of one mountpoint that are accepted: more encoders than a station has in a bad hour. */
const SOURCES_PER_MOUNT = 8;

/** `davecast station` */
export function stationConfig(given: GivenWithFile): StationWish {
  noMore(given.positionals);
  const old = icecastOf(given);
  const { policies: inPolicies, sources: inFile, listeners, ...configured } = configOf(given, old.settings);
  const { hls, settings } = hlsOf(given, configured.settings);
  const only = given.all('mount').map((text) => mountName('--mount', text));
  const httpPort = old.httpPort !== undefined && !given.has('http') ? old.httpPort : listenPort('--http', given.one('http'));
  const peers = given.all('peer').map((text) => upstreamEndpoint('--peer', text));
  const keys = keysOf(given);
  const mounts = mountsOf(given, inFile, old);
  const pulled = pulledOf(given, inFile, old);
  const policies = policiesOf(given, merged(old.policies, inPolicies));
  const config: StationWish['config'] = {
    bind: bindAddress(given, old.bind),
    httpPort,
    tls: tlsOf(given) ?? old.tls,
    ready: readyOf(given, 'station'),
    trustedProxies: [...trustedProxiesOf(given), ...(old.trustedProxies ?? [])],
    shoutcast: shoutcastOf(given, httpPort) ?? old.shoutcast,
    sources: { ...stationOf(given), password: sourcePassword(given) ?? old.sourcePassword, mounts, only: only.length === 0 ? undefined : new Set(only) },
    sourcesPerMount: given.has('single-source') ? 1 : SOURCES_PER_MOUNT,
    pulled,
    ca: authoritiesOf(given),
    peers,
    mounts: mountPatterns('--mounts', given.all('mounts')),
    outPort: optionalPort(given, 'out'),
    inPort: optionalPort(given, 'in'),
    ...allowedOf(given),
    keys,
    key: ownKeyOf(given, peers, useBySubscriber),
    sign: signOf(given, [...new Set([...only, ...mounts.keys(), ...pulled.map(({ mount }) => mount)])]),
    verify: verifyOf(given, policies, settings),
    refusesTitles: given.has('refuse-titles'),
    workers: workerCount('--workers', given.one('workers')),
    hls,
    policies,
    admission: admissionOf(given, mergedListeners(old.listeners, listeners)),
    httpLists: httpListsOf(given, old),
    adminUser: adminUser(given, 'admin-user') ?? old.adminUser,
    adminPassword: adminPassword(given, 'admin-password') ?? old.adminPassword,
    accessLog: accessLogOf(given) ?? old.accessLog,
    record: recordOf(given),
  };
  if (config.verify !== undefined && config.sign === undefined) given.notes.push('--verify without --sign: sources of this station are not heard where a key of that file is for their mountpoint');
  return { config: withOwnPorts(config), settings, logLevel: old.logLevel, icecast: given.has('icecast-config') ? old : undefined };
}

/** What the icecast.xml says, and a note for each thing of it that is not honoured. */
function icecastOf(given: Given): IcecastConfig {
  const file = given.one('icecast-config');
  if (file === undefined) return { settings: {}, mounts: new Map(), policies: {}, listeners: new Map(), pulled: [], notes: [] };
  const config = readIcecastConfig(file);
  given.notes.push(...config.notes);
  return config;
}

function shoutcastOf(given: Given, httpPort: number): ShoutcastPort | undefined {
  if (!given.has('shoutcast-mount')) return undefined;
  const mount = mountName('--shoutcast-mount', given.one('shoutcast-mount'));
  return { mount, port: shoutcastPort(given, httpPort) };
}

/** What the files say of the sources of mountpoints. */
function mountsOf(given: GivenWithFile, inFile: MountSources, old: IcecastConfig): ReadonlyMap<string, StationMount> {
  const mounts = new Map(old.mounts);
  for (const [name, { user, password, auth, origin, title, headers = [], to }] of inFile) {
    if (to !== undefined) given.notes.push(`${mountKey(given, name, 'source.to')} is for davecast encoder: a station sends to those who subscribe to its --out port`);
    const before = mounts.get(name);
    mounts.set(name, { user: user ?? before?.user, password: password ?? before?.password, auth: auth ?? before?.auth, origin, title, headers: [...headers, ...(before?.headers ?? [])] });
  }
  return mounts;
}

/** Those of the command line, those of the configuration file, and those of the icecast.xml, which may have several of one mountpoint. */
function pulledOf(given: Given, inFile: MountSources, old: IcecastConfig): StationConfig['pulled'] {
  const plain = given.all('from').find((text) => !namesMount(text));
  if (plain !== undefined) throw new UsageError(`--from must be MOUNT=URL, not "${plain}"`);
  const urls = new Map([...inFile].flatMap(([name, { from }]) => (from === undefined ? [] : [[name, from] as const])));
  for (const [name, url] of pulledMounts(given)) urls.set(name, url);
  return [...old.pulled.filter(({ mount }) => !urls.has(mount)), ...[...urls].map(([mount, url]) => ({ mount, url }))];
}

/** Of each mountpoint what both say; the second goes before the first. */
function mergedListeners(first: MountListeners, second: MountListeners): MountListeners {
  return new Map([...new Set([...first.keys(), ...second.keys()])].map((name) => [name, { ...first.get(name), ...second.get(name) }]));
}

/** The same. */
function merged(first: MountPolicies, second: MountPolicies): MountPolicies {
  const names = new Set([...Object.keys(first), ...Object.keys(second)]);
  return Object.fromEntries([...names].map((name) => {
    const [one, other] = [policyFor(name, first), policyFor(name, second)];
    return [name, { ...one, ...other, settings: { ...one?.settings, ...other?.settings } }];
  }));
}
