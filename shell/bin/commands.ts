import type { ProcessRole } from '../process/app.ts';
import { settingOptions } from '../cli/config.ts';
import type { HelpText } from '../cli/help.ts';
import { logLevels } from '../log/table.ts';
import type { Option } from '../cli/options.ts';
import { operatorUsage } from '../operator/commands.ts';
import { PASSWORD_VARIABLE } from '../operator/password.ts';
import { SOURCE_PASSWORD_VARIABLE } from './encoder-config.ts';
import { completionUsage } from '../manual/completion-command.ts';
import { configUsage } from './config-command.ts';
import { listenerOptions } from '../cli/mount-listeners.ts';
import { mountOptions } from '../cli/mount-policies.ts';
import { readyChecks } from '../http/readiness.ts';
import { caOption, tlsOptions } from '../cli/tls.ts';
import { accessLogFormats } from '../access-log/lines.ts';
import { upgradeUsage } from '../upgrade/run/command.ts';
import { probeUsage } from '../probe/command.ts';
import { keyUsage } from './key-command.ts';
import { keyOptions, keysOptions } from './link-keys.ts';

/** One command: what may stand behind it, and what --help says. */
export interface Command {
  readonly role: ProcessRole;
  readonly options: readonly Option[];
  readonly help: HelpText;
}

export type CommandName = 'relay' | 'originalRelay' | 'edge' | 'originalEdge' | 'encoder' | 'daveice' | 'station';

const generalOptions: readonly Option[] = [
  { name: 'bind', value: 'ADDRESS', help: 'listen on this address only, and use its interface for multicast (default: all addresses, of IPv6 and IPv4, which is :: in the log; 0.0.0.0 is those of IPv4)' },
  { name: 'config', value: 'FILE', help: 'read a file in YAML or JSON: every option by its name in camel case, such as trustedProxy: [192.0.2.0/24], settings, such as stallMinMs: 500, and single mountpoints, such as mounts: {radio: {prefer: studio-a}}. ${NAME} is a variable of the environment. Options on the command line override it' },
  { name: 'print-config', help: 'print the configuration that the command line and the file of --config make together, as such a file, without secrets, and exit' },
  { name: 'log-level', value: 'LEVEL', help: `lowest level that is logged: ${logLevels.join(', ')} (default info)`, oneOf: logLevels },
  { name: 'help', help: 'print this text' },
  { name: 'help-settings', help: 'print the settings: limits and times, which seldom need to be changed' },
  { name: 'version', help: 'print the version' },
];

const relayOptions: readonly Option[] = [
  { name: 'in', value: 'PORT', help: 'port that encoders push to, by TCP and UDP' },
  { name: 'out', value: 'PORT', help: 'TCP port that edges and other relays subscribe to' },
  { name: 'upstream', value: 'HOST:PORT', repeated: true, help: 'subscribe to another relay, at its --out port' },
  { name: 'multicast', value: 'GROUP@PORT', repeated: true, help: 'receive a multicast group' },
];

/** For a role that is not there to serve HTTP. */
const pagesOptions: readonly Option[] = [
  { name: 'http', value: 'PORT', help: 'port for the page at /, GET /healthz, answered with 200 while the process serves, GET /readyz, GET /metrics and /admin/metadata (default: none)' },
];

/** The same by TLS. */
const pagesTlsOptions = tlsOptions('the page at /, GET /healthz, /readyz, /metrics and /admin/metadata', '--http');

/** For every role with an HTTP port. */
const httpOptions = (role: ProcessRole): readonly Option[] => [
  { name: 'trusted-proxy', value: 'CIDR', repeated: true, help: 'address or range of a reverse proxy or load balancer in front of the HTTP ports, such as 192.0.2.0/24. What it says of its clients is believed: X-Forwarded-For, Forwarded, or the PROXY protocol, version 1 or 2 (default: none, and such headers are ignored)' },
  { name: 'metrics-allow', value: 'CIDR', repeated: true, help: 'answer GET /metrics to these addresses, too, and show them all of the page at /: 192.0.2.0/24, 2001:db8::/32, or a single address (default: this machine only, and operators who have the admin password)' },
  { name: 'ready-check', value: 'NAME', repeated: true, help: `check that counts for GET /readyz, answered with 200 or 503: ${readyChecks[role].all.join(', ')}, or none (default ${readyChecks[role].counted.join(', ')})`, oneOf: [...readyChecks[role].all, 'none'] },
];

/** Of those without a key, addresses are all that can be checked. */
const allowOptions: readonly Option[] = [
  { name: 'allow', value: 'CIDR', repeated: true, help: 'accept connections and datagrams from these addresses only, on the ports of --in and --out: 192.0.2.0/24, 2001:db8::/32, or a single address (default: all)' },
  { name: 'allow-in', value: 'CIDR', repeated: true, help: 'accept these addresses on the --in port, in addition to those of --allow' },
  { name: 'allow-out', value: 'CIDR', repeated: true, help: 'accept these addresses on the --out port, in addition to those of --allow' },
];

const adminUserOption: Option = { name: 'admin-user', value: 'NAME', help: 'name of the user that the admin password is for (default admin)' };

/** Who may set titles at a relay. */
const refuseTitlesOption: Option = { name: 'refuse-titles', help: 'take no titles from edges and relays that subscribe: they can set those of all mountpoints, for all edges and encoders that this process reaches. Titles of encoders and operators are taken all the same' };
const titleOptions: readonly Option[] = [
  refuseTitlesOption,
  { name: 'admin-password', value: 'PASSWORD', help: `with --http: password of user "admin" for /admin/metadata; without one it is refused. Prefer --admin-password-file or the environment variable ${PASSWORD_VARIABLE}: command lines are visible to all users of the machine` },
  { name: 'admin-password-file', value: 'FILE', help: 'file that has the admin password in its first line' },
  adminUserOption,
];

const edgeOptions: readonly Option[] = [
  { name: 'http', value: 'PORT', help: 'port that listeners connect to; GET /healthz is answered there with 200 while the process serves, and GET /readyz (--ready-check)' },
  { name: 'relay', value: 'HOST:PORT', repeated: true, help: 'subscribe to a relay, at its --out port; a host name stands for all its addresses' },
];

const workersOptions: readonly Option[] = [
  { name: 'workers', value: 'N|auto', help: 'processes that listeners are spread over, beside this one; "auto" is one per processor, "1" serves them in this process (default 1); listeners by TLS are always served in this process. One that fails takes its own listeners only, and is replaced' },
];

/** Also for an edge as scripts for the first Davecast start it. */
const servingOptions: readonly Option[] = [...tlsOptions('listeners and operators', 'HTTP'), ...httpOptions('edge'), ...workersOptions];

const sourceOptions: readonly Option[] = [
  { name: 'mount', value: 'NAME', repeated: true, help: 'name of a mountpoint; one process carries any number of them. Those that have a "source" in the configuration file need not be named: {"mounts": {"radio": {"source": {"password": "…"}}}}, with user, password, from, to, origin, title, name, genre, description and url instead of those given here' },
  { name: 'to', value: 'HOST:PORT|HOST@PORT', repeated: true, help: 'push to a relay, at its --in port: by TCP with a colon, by UDP with an @; a host name stands for all its addresses; all mountpoints share one connection to each address' },
  { name: 'from', value: 'URL|MOUNT=URL', repeated: true, help: 'pull the audio from an Icecast or Shoutcast server, or from a stream in a playlist (M3U, PLS): http://host:port/mount or https://host/mount; with several mountpoints radio=http://host:port/mount' },
  caOption('--from https://…'),
  { name: 'stdin', instead: ['listen'], help: 'read the audio from standard input, and exit when it ends' },
  { name: 'http', value: 'PORT', help: 'port for GET /healthz, /readyz and /metrics, for an encoder without --listen, or beside it (default: none)' },
  { name: 'listen', value: 'PORT', instead: ['stdin'], help: 'accept source clients on this port, with SOURCE or PUT to their mountpoint, or to any where there is only one; GET /healthz is answered there with 200 while the process serves, and GET /readyz (--ready-check)' },
  ...tlsOptions('source clients', '--listen'),
  { name: 'shoutcast-mount', value: 'NAME', help: 'with --listen: accept a source client of this mountpoint that speaks Shoutcast 1 (a password line instead of a request), on --shoutcast-port (default: the one mountpoint of source clients)' },
  { name: 'shoutcast-port', value: 'PORT', help: 'port for a source client that speaks Shoutcast 1 (default: with --shoutcast-mount the port behind --listen, as Shoutcast clients expect, else none)' },
  { name: 'password', value: 'PASSWORD', isSecret: true, help: `with --listen: the password of user "source" for mountpoints that have no other one; without it, source clients are accepted from this machine only, with any password. Prefer the environment variable ${SOURCE_PASSWORD_VARIABLE} or the configuration file: command lines are visible to all users of the machine` },
];

const originOption: Option = { name: 'origin', value: 'NAME', help: 'name of this encoder, by which an edge can prefer it (default: the host name)' };

/** What listeners are told of a stream. */
const streamOptions: readonly Option[] = [
  { name: 'title', value: 'TEXT', help: 'title to show until the source sends one' },
  { name: 'name', value: 'TEXT', help: 'station name (Icy-Name); overrides that of the source' },
  { name: 'genre', value: 'TEXT', help: 'station genre (Icy-Genre); overrides that of the source' },
  { name: 'description', value: 'TEXT', help: 'station description (Icy-Description); overrides that of the source' },
  { name: 'url', value: 'TEXT', help: 'station web page (Icy-Url); overrides that of the source' },
];

const edgeCaOption = caOption('authentication services by https');

/** The whole of a small Icecast. */
const stationOptions: readonly Option[] = [
  { name: 'http', value: 'PORT', help: 'port for listeners, source clients and operators; GET /healthz is answered there with 200 while the process serves, and GET /readyz (--ready-check)' },
  ...tlsOptions('listeners, source clients and operators', '--http'),
  { name: 'password', value: 'PASSWORD', isSecret: true, help: `password of user "source" for mountpoints that have no other one; without it, source clients are accepted from this machine only, with any password. Prefer the environment variable ${SOURCE_PASSWORD_VARIABLE} or the configuration file: command lines are visible to all users of the machine` },
  { name: 'mount', value: 'NAME', repeated: true, help: 'name of a mountpoint that source clients may send to (default: any name)' },
  { name: 'single-source', help: 'accept one source client of a mountpoint at a time, and refuse others with "Mountpoint in use"; by default up to eight are accepted, and those that are not on air stand by' },
  { name: 'from', value: 'MOUNT=URL', repeated: true, help: 'pull a mountpoint from an Icecast or Shoutcast server, or from a stream in a playlist (M3U, PLS): radio=http://host:port/mount or radio=https://host/mount' },
  caOption('--from MOUNT=https://… and authentication services'),
  { name: 'shoutcast-mount', value: 'NAME', help: 'accept a source client of this mountpoint that speaks Shoutcast 1 (a password line instead of a request), on --shoutcast-port' },
  { name: 'shoutcast-port', value: 'PORT', help: 'port for a source client that speaks Shoutcast 1 (default: with --shoutcast-mount the port behind --http, as Shoutcast clients expect, else none)' },
  { name: 'icecast-config', value: 'FILE', help: 'take ports, passwords, limits, mountpoints, fallbacks, relays, TLS files and the log level from an icecast.xml. What is not honoured of it is printed at start, a line each. Options and --config override it' },
  { name: 'peer', value: 'HOST:PORT', repeated: true, help: 'take in all streams of another station, or of a relay, at its --out port. Two stations that are peers of each other are a redundant pair: each has the sources of both' },
  { name: 'out', value: 'PORT', help: 'TCP port that peers, edges and relays subscribe to (default: none)' },
  { name: 'in', value: 'PORT', help: 'port that encoders on other machines push to (davecast encoder --to), by TCP and UDP (default: none)' },
  { name: 'origin', value: 'NAME', help: 'name of this station. An edge can prefer a source by the name of its station and its own address, such as studio/192.0.2.7 (default: the host name)' },
];

const relayUsage = [
  'davecast relay --in PORT --out PORT [--upstream HOST:PORT]… [--multicast GROUP@PORT]… [--http PORT]',
  'davecast -r INBOUND OUTBOUND [GROUP@PORT | HOST:PORT]',
];
const edgeUsage = ['davecast edge --http PORT --relay HOST:PORT …', 'davecast PORT RELAY:PORT [RELAY:PORT …]'];
const stationUsage = ['davecast station --http PORT [--password PASSWORD] [--out PORT --peer HOST:PORT …]', 'davecast station --icecast-config icecast.xml'];
const encoderUsage = ['davecast encoder --mount NAME … --to HOST:PORT|HOST@PORT … (--from URL … | --stdin | --listen PORT)'];

const relayAbout = 'Receives the streams of encoders and forwards each message once to every edge and relay that subscribes.';
const edgeAbout = 'Receives all streams from its relays and serves one continuous stream per mountpoint to listeners.';
const stationAbout = 'Takes in source clients and serves their mountpoints to listeners, as a small Icecast does: encoders, a relay and an edge in one process, with one port.';
const encoderAbout = 'Splits MPEG audio (MP3, MP2) or AAC (ADTS) into frames and pushes each frame to every target.';

const operatorOptions: readonly Option[] = [
  { name: 'admin-password', value: 'PASSWORD', instead: ['admin-password-file'], isSecret: true, help: `password of user "admin", for davecast switch and sources, and Icecast's admin pages; without one they are refused. Prefer --admin-password-file or the environment variable ${PASSWORD_VARIABLE}: command lines are visible to all users of the machine` },
  { name: 'admin-password-file', value: 'FILE', isRead: true, instead: ['admin-password'], help: 'file that has the admin password in its first line' },
  adminUserOption,
];

const fleetOption: Option = { name: 'fleet', value: 'URL', repeated: true, help: 'show another edge, station or relay on the page at / for operators: http://HOST:PORT, with the login of its operator as https://admin:PASSWORD@HOST:PORT. Prefer the configuration file: command lines are visible to all users of the machine' };

const accessOptions: readonly Option[] = [
  { name: 'access-log', value: 'FILE', help: 'append a line to this file for each listener that has left, instead of the log; SIGHUP reopens it' },
  { name: 'access-log-format', value: 'FORMAT', help: `with --access-log: ${accessLogFormats.join(' or ')} (default combined: as Icecast writes it)`, oneOf: accessLogFormats },
];

/** For station, relay and edge, also as scripts for the first Davecast start them. */
const recordOptions: readonly Option[] = [
  { name: 'record', value: 'DIR', help: 'record all input (of a station: of its edge) to this directory, for replay; see davecast record --help' },
  { name: 'no-audio', help: 'with --record: keep headers and lengths only, so that a recording can be shared' },
];

/** A running process takes other values of these when it reads its configuration again; all others need a restart. */
const liveOptions: ReadonlySet<string> = new Set([
  'log-level',
  'upstream', 'peer', 'relay', 'to', 'from', 'mount', 'icecast-config',
  'password', 'admin-password', 'admin-password-file',
  'allow', 'allow-in', 'allow-out', 'listener-allow', 'listener-deny',
  ...mountOptions.map(({ name }) => name),
  'origin', ...streamOptions.map(({ name }) => name),
]);

/** What somebody needs who starts a role for the first time: at most eight. */
const firstOptions: Readonly<Record<ProcessRole, readonly string[]>> = {
  station: ['http', 'password', 'mount', 'from', 'peer', 'out', 'admin-password-file', 'config'],
  relay: ['in', 'out', 'upstream', 'multicast', 'http', 'allow', 'record', 'config'],
  edge: ['http', 'relay', 'prefer', 'fallback-file', 'workers', 'https', 'admin-password-file', 'config'],
  encoder: ['mount', 'to', 'from', 'listen', 'stdin', 'password', 'origin', 'config'],
};

/** The commands by name; `original…` are those that scripts for the first Davecast know. */
export const commands: Readonly<Record<CommandName, Command>> = {
  relay: command('relay', [...relayOptions, ...pagesOptions, ...pagesTlsOptions, ...httpOptions('relay'), ...titleOptions, ...allowOptions, ...keysOptions, ...keyOptions('other relays'), ...recordOptions], relayUsage, relayAbout),
  originalRelay: command('relay', [...pagesOptions, ...pagesTlsOptions, ...httpOptions('relay'), ...titleOptions, ...allowOptions, ...keysOptions, ...keyOptions('other relays'), ...recordOptions], relayUsage, relayAbout),
  edge: command('edge', [...edgeOptions, ...keyOptions('relays'), ...servingOptions, ...mountOptions, ...listenerOptions, edgeCaOption, ...operatorOptions, fleetOption, ...accessOptions, ...recordOptions], edgeUsage, edgeAbout),
  originalEdge: command('edge', [...servingOptions, ...keyOptions('relays'), ...mountOptions, ...listenerOptions, edgeCaOption, ...operatorOptions, fleetOption, ...accessOptions, ...recordOptions], edgeUsage, edgeAbout),
  station: command('station', [...stationOptions, ...httpOptions('station'), ...streamOptions, ...workersOptions, ...mountOptions, ...listenerOptions, ...operatorOptions, fleetOption, ...accessOptions, refuseTitlesOption, ...allowOptions, ...keysOptions, ...keyOptions('peers'), ...recordOptions], stationUsage, stationAbout),
  encoder: command('encoder', [...sourceOptions, ...keyOptions('targets'), ...httpOptions('encoder'), originOption, ...streamOptions], encoderUsage, encoderAbout),
  daveice: command(
    'encoder',
    [originOption, ...streamOptions, ...keyOptions('targets')],
    ['daveice ICECAST:PORT MOUNT TARGET [TARGET …]'],
    'Pulls a mountpoint of an Icecast and pushes it to relays, as davecast encoder --from does. A TARGET is HOST:PORT (TCP) or HOST@PORT (UDP).',
  ),
};

/** Of all commands: what may stand in a configuration file. */
export const optionsOfAll: readonly Option[] = Object.values(commands).flatMap(({ options }) => options);

/** Of a role, by the command that has its name. */
export function optionsOf(role: ProcessRole): readonly Option[] {
  return commands[role].options;
}

/** What `davecast --help` says. */
export const overview: HelpText = {
  usage: [...stationUsage, ...relayUsage, ...edgeUsage, ...encoderUsage, ...configUsage, 'davecast record dump DIR', ...keyUsage, ...probeUsage, ...operatorUsage, ...upgradeUsage, ...completionUsage],
  about: 'Radio streaming without outages. Each command has its own --help, which davecast help COMMAND prints, too.',
  sections: [],
};

function command(role: ProcessRole, given: readonly Option[], usage: readonly string[], about: string): Command {
  const settings = settingOptions(role);
  const [own, general] = [given, generalOptions].map((options) => options.map((option) => ({ ...option, isLive: liveOptions.has(option.name) }))) as [Option[], Option[]];
  const options = [...own, ...general];
  const first = firstOptions[role];
  return {
    role,
    options: [...options, ...settings],
    help: {
      usage,
      about,
      sections: [
        { title: 'Options that matter first', options: first.map((name) => options.find((option) => option.name === name)).filter((option) => option !== undefined) },
        { title: 'More options', options: options.filter(({ name }) => !first.includes(name)) },
        { title: 'Settings (limits and times)', options: settings, apart: 'help-settings' },
      ],
    },
  };
}
