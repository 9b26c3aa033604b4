import { dirname, join, resolve } from 'node:path';
import type { MountPolicies } from '../../../core/config/mount-policy.ts';
import type { Settings } from '../../../core/config/settings.ts';
import { isUserName } from '../../cli/options/arguments.ts';
import type { MountListeners } from '../../cli/mounts/mount-listeners.ts';
import { contentOf } from '../../cli/file.ts';
import type { AccessLogConfig } from '../../operations/access-log/access-log.ts';
import type { LogLevel } from '../../log/text/table.ts';
import { parseRange, type Range } from '../../net/addresses/allow.ts';
import { Problems, UsageError } from '../../process/problems.ts';
import type { ShoutcastPort } from '../../encoder/source/push/source-intake.ts';
import type { StationMount } from '../../station/station-mounts.ts';
import type { TlsConfig } from '../../net/tls/tls-port.ts';
import { mountOf, relayOf, type IcecastRelay } from './mounts.ts';
import { portsOf } from './ports.ts';
import { Notes, Section, type Reasons } from './section.ts';
import { parseXml } from './xml.ts';
import { textOfXml } from './xml-encoding.ts';

/** What an icecast.xml says of a station. */
export interface IcecastConfig {
  readonly bind?: string | undefined;
  readonly httpPort?: number | undefined;
  readonly tls?: TlsConfig | undefined;
  readonly shoutcast?: ShoutcastPort | undefined;
  readonly trustedProxies?: readonly Range[] | undefined;
  readonly sourcePassword?: string | undefined;
  readonly adminUser?: string | undefined;
  readonly adminPassword?: string | undefined;
  readonly accessLog?: AccessLogConfig | undefined;
  readonly settings: Partial<Settings>;
  readonly mounts: ReadonlyMap<string, StationMount>;
  readonly policies: MountPolicies;
  /** Files of addresses that may connect, and that may not. */
  readonly allow?: string | undefined;
  readonly deny?: string | undefined;
  readonly listeners: MountListeners;
  readonly pulled: readonly IcecastRelay[];
  readonly logLevel?: LogLevel | undefined;
  /** What is not honoured, a line each. */
  readonly notes: readonly string[];
}

/** Of `<loglevel>`, by its number. */
const levels: readonly LogLevel[] = ['error', 'error', 'warn', 'info', 'debug'];
/** A burst is measured in time here: what bytes are at 128 kbit/s, for which Icecast's default is made. */
const BURST_MS_PER_BYTE = 8 / 128;

const rootReasons: Reasons = {
  'location': 'the status page does not name it',
  'admin': 'the status page does not name it',
  'directory': 'streams are not announced to directories',
  'server-id': 'the server says what it is',
  ...Object.fromEntries(['master-server', 'master-server-port', 'master-update-interval', 'master-username', 'master-password', 'master-redirect', 'max-redirect-slaves'].map((name) => [name, 'each stream needs a <relay>; two stations are a redundant pair by --peer'])),
};
const limitReasons: Reasons = {
  'client-timeout': 'a listener that has gone is noticed by its connection (keepAliveMs)',
  'threadpool': 'there are no threads; see --workers',
  'max-bandwidth': 'bandwidth is not limited',
};
const loginReasons: Reasons = {
  'relay-user': 'the list of mountpoints is open to everybody',
  'relay-password': 'the list of mountpoints is open to everybody',
};
const pathReasons: Reasons = {
  'basedir': 'there is no chroot',
  'logdir': 'the log goes to standard output, and there is no <accesslog>',
  'pidfile': 'no file is written',
  'adminroot': 'pages are not made of files',
  'alias': 'a mountpoint has one name',
  'ssl-allowed-ciphers': 'TLS 1.2 and 1.3 with the ciphers of Node.js',
};
const logReasons: Reasons = Object.fromEntries(
  ['errorlog', 'playlistlog', 'logsize', 'logarchive', 'accesslog_exclude_ext', 'banlog'].map((name) => [name, 'the log goes to standard output']),
);
const securityReasons: Reasons = {
  'changeowner': 'start it as the user that it is to be',
};

/** Reads the configuration of an Icecast. Throws a UsageError with a line for all that is wrong. */
export function readIcecastConfig(path: string): IcecastConfig {
  const file = resolve(path);
  const root = parseXml(path, textOfXml(path, Buffer.from(contentOf(path, { encoding: 'latin1' }), 'latin1')));
  if (root.name !== 'icecast') throw new UsageError(`${path}:${root.line}: <icecast> is missing: the file begins with <${root.name}>`);
  const notes = new Notes(path);
  const problems = new Problems();
  const section = new Section(root, notes);
  const last = (name: string): Section => section.sections(name).at(-1) ?? new Section({ name, line: root.line, attributes: {}, children: [], text: '' }, notes);
  const paths = last('paths');
  const from = (text: string): string => resolve(dirname(file), text);
  const pathOf = (name: string): string | undefined => {
    const text = paths.text(name);
    return text === undefined ? undefined : from(text);
  };
  const ports = problems.try(() => portsOf(section, paths, from));
  const settings = problems.try(() => settingsOf(last('limits')));
  const trustedProxies = problems.try(() => proxiesOf(paths));
  const logins = problems.try(() => loginsOf(last('authentication')));
  const context = { server: hostOf(section), from, webroot: pathOf('webroot') };
  const mounts = section.sections('mount').map((one) => problems.try(() => mountOf(one, context))).filter((one) => one !== undefined);
  const pulled = section.sections('relay').map((one) => problems.try(() => relayOf(one))).filter((one) => one !== undefined);
  const logging = last('logging');
  const accessLog = accessLogOf(logging, paths, from);
  const logLevel = problems.try(() => levelOf(logging));
  securityOf(last('security'));
  // By them Icecast decides who may connect at all.
  const [allow, deny] = ['allow-ip', 'deny-ip'].map(pathOf);
  paths.tellRest(pathReasons);
  section.refuse('fileserve', 'no files are served');
  section.refuse('relays-on-demand', 'streams are pulled all the time');
  for (const one of section.sections('http-headers')) if (!isForEverybody(one)) one.noteSelf('is not honoured: responses have their own headers');
  section.tellRest(rootReasons);
  problems.throwAll();
  return {
    ...ports,
    ...logins,
    trustedProxies,
    settings: settings!,
    mounts: new Map(mounts.map(({ name, source }) => [name, source])),
    policies: Object.fromEntries(mounts.map(({ name, policy }) => [name, policy])),
    allow,
    deny,
    listeners: new Map(mounts.flatMap(({ name, listener }) => (listener === undefined ? [] : [[name, listener] as const]))),
    pulled,
    accessLog,
    logLevel,
    notes: notes.lines,
  };
}

/** What authentication services are told. */
function hostOf(root: Section): string | undefined {
  const host = root.text('hostname');
  if (host !== undefined) root.note('hostname', 'is what authentication services are told: addresses in playlists have the name that a client asks by');
  return host;
}

/** The header that all responses have anyway: any page may play the streams. */
function isForEverybody({ element }: Section): boolean {
  return element.children.every(({ attributes: { name = '', value } }) => name.toLowerCase() === 'access-control-allow-origin' && value === '*');
}

function settingsOf(limits: Section): Partial<Settings> {
  const hasBurst = limits.flag('burst-on-connect') !== false;
  const settings = {
    ...limits.setting('clients', 'maxListeners'),
    ...limits.setting('sources', 'maxSources'),
    ...limits.setting('queue-size', 'listenerQueueBytes'),
    ...limits.setting('header-timeout', 'headTimeoutMs', 1_000),
    ...limits.setting('source-timeout', 'sourceIdleMs', 1_000),
    ...limits.setting('burst-size', 'burstMs', BURST_MS_PER_BYTE),
    ...(!hasBurst && { burstMs: 0 }),
  };
  limits.tellRest(limitReasons);
  return settings;
}

/** Proxies, of which X-Forwarded-For is believed. */
function proxiesOf(paths: Section): readonly Range[] {
  const given = paths.sections('x-forwarded-for').map(({ element: { text } }) => text);
  return given.filter((text) => text !== '').map((text) => {
    const range = parseRange(text);
    if (range === undefined) throw paths.error('x-forwarded-for', `must be an address, not "${text}"`);
    return range;
  });
}

function loginsOf(logins: Section): Pick<IcecastConfig, 'adminUser' | 'sourcePassword' | 'adminPassword'> {
  const adminUser = logins.text('admin-user');
  if (adminUser !== undefined && !isUserName(adminUser)) throw logins.error('admin-user', 'must be a name without a colon');
  const passwords = { adminUser, sourcePassword: logins.text('source-password'), adminPassword: logins.text('admin-password') };
  logins.tellRest(loginReasons);
  return passwords;
}

/** As Icecast writes it. One that goes to its standard error is in the log here. */
function accessLogOf(logging: Section, paths: Section, from: (text: string) => string): AccessLogConfig | undefined {
  const name = logging.text('accesslog');
  if (name === undefined || name === '-') return undefined;
  const directory = paths.text('logdir');
  if (directory !== undefined) return { file: join(from(directory), name), format: 'combined' };
  logging.note('accesslog', 'is not honoured without <logdir>: see --access-log');
  return undefined;
}

function levelOf(logging: Section): LogLevel | undefined {
  const number = logging.number('loglevel');
  if (number !== undefined && levels[number] === undefined) throw logging.error('loglevel', `must be from 1 to 4, not ${number}`);
  logging.tellRest(logReasons);
  return number === undefined ? undefined : levels[number];
}

function securityOf(security: Section): void {
  security.refuse('chroot', 'let the system do it');
  security.tellRest(securityReasons);
}
