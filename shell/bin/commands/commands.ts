import type { ProcessRole } from '../../process/app.ts';
import { settingOptions } from '../../cli/config/config.ts';
import type { HelpText } from '../../cli/help.ts';
import { logLevels } from '../../log/text/table.ts';
import type { Option } from '../../cli/options/options.ts';
import { operatorUsage } from '../../operations/operator/commands.ts';
import { PASSWORD_VARIABLE } from '../../operations/operator/password.ts';
import { SOURCE_PASSWORD_VARIABLE } from '../roles/encoder-config.ts';
import { completionUsage } from '../../cli/manual/completion-command.ts';
import { configUsage } from './config-command.ts';
import { listenerOptions } from '../../cli/mounts/mount-listeners.ts';
import { mountOptions } from '../../cli/mounts/mount-policies.ts';
import { readyChecks } from '../../http/readiness.ts';
import { withNeeds } from '../../cli/options/needs.ts';
import { caOption, tlsOptions } from '../../cli/options/tls.ts';
import { accessLogFormats } from '../../operations/access-log/lines.ts';
import { upgradeUsage } from '../../process/upgrade/run/command.ts';
import { probeUsage } from '../../operations/probe/command.ts';
import { keyUsage } from './key-command.ts';
import { keyOptions, keysOptions, signOption, verifyOption } from '../roles/link-keys.ts';
import { DEFAULT_LINGER_S } from '../roles/shared-config.ts';

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
  { name: 'in', value: 'PORT', isMainPort: true, help: 'port that encoders push to, by TCP and UDP' },
  { name: 'out', value: 'PORT', help: 'TCP port that edges and other relays subscribe to' },
  { name: 'upstream', value: 'HOST:PORT|nats://HOST', repeated: true, help: 'subscribe to another relay, at its --out port, or to a cluster of NATS' },
  { name: 'multicast', value: 'GROUP@PORT', repeated: true, help: 'receive a multicast group' },
];

/** Which mountpoints of others are taken in. In a configuration file it is `onlyMounts`. @param help of whom, and what of the others. */
function mountsOption(help: string, needs?: readonly string[]): Option {
  return { name: 'mounts', value: 'GLOB', repeated: true, ...(needs !== undefined && { needs }), help: `${help}; * stands for any characters, as in "news-*"; onlyMounts in a configuration file (default: all)` };
}

const ofRelaysOption = mountsOption('take in only mountpoints of these names from other relays. What encoders push, and multicast groups, is taken in all the same', ['upstream']);
const ofPeersOption = mountsOption('take in only mountpoints of these names from peers; what sources of this station send is taken in all the same', ['peer']);

/** For a role that is not there to serve HTTP. */
const pagesOptions: readonly Option[] = [
  { name: 'http', value: 'PORT', help: 'port for the page at /, GET /healthz, answered with 200 while the process serves, GET /readyz, GET /metrics and /admin/metadata (default: none)' },
];

/** The same by TLS. */
const pagesTlsOptions = tlsOptions('the page at /, GET /healthz, /readyz, /metrics and /admin/metadata', '--http');

/** For every role with an HTTP port. @param needs the options that open one, where it can do without. */
const httpOptions = (role: ProcessRole, needs?: readonly string[]): readonly Option[] => needing(needs, [
  { name: 'trusted-proxy', value: 'CIDR', repeated: true, help: 'address or range of a reverse proxy or load balancer in front of the HTTP ports, such as 192.0.2.0/24. What it says of its clients is believed: X-Forwarded-For, Forwarded, or the PROXY protocol, version 1 or 2 (default: none, and such headers are ignored)' },
  { name: 'http-allow', value: 'FILE', help: 'only addresses in this file are answered at the HTTP ports: ranges such as 192.0.2.0/24 or 2001:db8::/32, one a line; GET /healthz and /readyz are answered to all. It is read again when it changes, and at SIGHUP (default: all addresses)' },
  { name: 'http-deny', value: 'FILE', help: 'addresses in this file are not answered at the HTTP ports, even if --http-allow has them. It is read again when it changes, and at SIGHUP' },
  { name: 'metrics-allow', value: 'CIDR', repeated: true, help: 'answer GET /metrics to these addresses, too, and show them all of the page at /: 192.0.2.0/24, 2001:db8::/32, or a single address (default: this machine only, and operators who have the admin password)' },
  { name: 'ready-check', value: 'NAME', repeated: true, help: `check that counts for GET /readyz, answered with 200 or 503: ${readyChecks[role].all.join(', ')}, or none (default ${readyChecks[role].counted.join(', ')})`, oneOf: [...readyChecks[role].all, 'none'] },
]);

/** What opens the HTTP ports of a relay, and of an encoder. */
const pagePorts = ['http', 'https'];
const encoderPorts = ['http', 'listen'];

/** Of those without a key, addresses are all that can be checked. */
const allowOptions: readonly Option[] = [
  { name: 'allow', needs: ['in', 'out'], value: 'CIDR', repeated: true, help: 'accept connections and datagrams from these addresses only, on the ports of --in and --out: 192.0.2.0/24, 2001:db8::/32, or a single address (default: all)' },
  { name: 'allow-in', needs: ['in'], value: 'CIDR', repeated: true, help: 'accept these addresses on the --in port, in addition to those of --allow' },
  { name: 'allow-out', needs: ['out'], value: 'CIDR', repeated: true, help: 'accept these addresses on the --out port, in addition to those of --allow' },
];

/** Who may set titles at a relay. */
const refuseTitlesOption: Option = { name: 'refuse-titles', help: 'take no titles from edges and relays that subscribe: they can set those of all mountpoints, for all edges and encoders that this process reaches. What edges say so that all of them make the same segments of HLS is not taken either: segments of streams without a time of their own then differ from edge to edge. Titles of encoders and operators are taken all the same' };
const titleOptions: readonly Option[] = [refuseTitlesOption, ...adminOptions('password of user "admin" for /admin/metadata; without one it is refused', pagePorts)];

const edgeOptions: readonly Option[] = [
  { name: 'http', value: 'PORT', isMainPort: true, help: 'port that listeners connect to; GET /healthz is answered there with 200 while the process serves, and GET /readyz (--ready-check)' },
  { name: 'relay', value: 'HOST:PORT|nats://HOST', repeated: true, help: 'subscribe to a relay, at its --out port, or to a cluster of NATS; the host name of a relay stands for all its addresses' },
];

/** Which mountpoints an edge takes in. */
const wishOptions: readonly Option[] = [
  mountsOption('take in only mountpoints of these names, and those that they have as fallbacks: relays send no others, and there are no others for listeners'),
  { name: 'on-demand', help: 'take in a mountpoint when its first listener asks for it, who waits for up to --demand-wait-ms' },
  { name: 'linger', value: 'SECONDS', needs: ['on-demand'], help: `keep a mountpoint for so long after its last listener has left (default ${DEFAULT_LINGER_S})` },
];

const workersOptions: readonly Option[] = [
  { name: 'workers', value: 'N|auto', help: 'processes that listeners are spread over, beside this one; "auto" is one per processor, "1" serves them in this process (default 1); listeners by TLS are always served in this process. One that fails takes its own listeners only, and is replaced' },
];

/** Also for an edge as scripts for the first Davecast start it. */
const servingOptions: readonly Option[] = [...tlsOptions('listeners and operators', 'HTTP'), ...httpOptions('edge'), ...workersOptions];

const sourceOptions: readonly Option[] = [
  { name: 'mount', value: 'NAME', repeated: true, help: 'name of a mountpoint; one process carries any number of them. Those that have a "source" in the configuration file need not be named: {"mounts": {"radio": {"source": {"password": "…"}}}}, with user, password, from, to, origin, title, name, genre, description and url instead of those given here' },
  { name: 'to', value: 'HOST:PORT|HOST@PORT|nats://HOST', repeated: true, help: 'push to a relay, at its --in port: by TCP with a colon, by UDP with an @; a host name stands for all its addresses; all mountpoints share one connection to each address. Or publish to a cluster of NATS: nats://HOST[:PORT][,HOST…], by TLS with tls://; login by ?creds=FILE, ?nkey=FILE or ?login=FILE with USER:PASSWORD or a token in its first line' },
  { name: 'from', value: 'URL|MOUNT=URL', repeated: true, help: 'pull the audio from an Icecast or Shoutcast server, or from a stream in a playlist (M3U, PLS): http://host:port/mount or https://host/mount; with several mountpoints radio=http://host:port/mount' },
  caOption('--from https://… and NATS by TLS'),
  { name: 'stdin', instead: ['listen'], help: 'read the audio from standard input, and exit when it ends' },
  { name: 'http', value: 'PORT', help: 'port for GET /healthz, /readyz and /metrics, for an encoder without --listen, or beside it (default: none)' },
  { name: 'listen', value: 'PORT', isMainPort: true, instead: ['stdin'], help: 'accept source clients on this port, with SOURCE or PUT to their mountpoint, or to any where there is only one; GET /healthz is answered there with 200 while the process serves, and GET /readyz (--ready-check)' },
  ...tlsOptions('source clients', '--listen', ['listen']),
  { name: 'shoutcast-mount', value: 'NAME', needs: ['listen'], help: 'accept a source client of this mountpoint that speaks Shoutcast 1 (a password line instead of a request), on --shoutcast-port (default: the one mountpoint of source clients)' },
  { name: 'shoutcast-port', value: 'PORT', needs: ['listen'], help: 'port for a source client that speaks Shoutcast 1 (default: with --shoutcast-mount the port behind --listen, as Shoutcast clients expect, else none)' },
  { name: 'password', value: 'PASSWORD', needs: ['listen'], isSecret: true, help: `the password of user "source" for mountpoints that have no other one; without it, source clients are accepted from this machine only, with any password. Prefer the environment variable ${SOURCE_PASSWORD_VARIABLE} or the configuration file: command lines are visible to all users of the machine` },
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

const edgeCaOption = caOption('authentication services by https, and NATS by TLS');
const relayCaOption: Option = { ...caOption('NATS by TLS'), needs: ['upstream'] };
const originalRelayCaOption = caOption('NATS by TLS');

/** The whole of a small Icecast. */
const stationOptions: readonly Option[] = [
  { name: 'http', value: 'PORT', isMainPort: true, help: 'port for listeners, source clients and operators; GET /healthz is answered there with 200 while the process serves, and GET /readyz (--ready-check)' },
  ...tlsOptions('listeners, source clients and operators', '--http'),
  { name: 'password', value: 'PASSWORD', isSecret: true, help: `password of user "source" for mountpoints that have no other one; without it, source clients are accepted from this machine only, with any password. Prefer the environment variable ${SOURCE_PASSWORD_VARIABLE} or the configuration file: command lines are visible to all users of the machine` },
  { name: 'mount', value: 'NAME', repeated: true, help: 'name of a mountpoint that source clients may send to (default: any name)' },
  { name: 'single-source', help: 'accept one source client of a mountpoint at a time, and refuse others with "Mountpoint in use"; by default up to eight are accepted, and those that are not on air stand by' },
  { name: 'from', value: 'MOUNT=URL', repeated: true, help: 'pull a mountpoint from an Icecast or Shoutcast server, or from a stream in a playlist (M3U, PLS): radio=http://host:port/mount or radio=https://host/mount' },
  caOption('--from MOUNT=https://…, authentication services, and NATS by TLS'),
  { name: 'shoutcast-mount', value: 'NAME', help: 'accept a source client of this mountpoint that speaks Shoutcast 1 (a password line instead of a request), on --shoutcast-port' },
  { name: 'shoutcast-port', value: 'PORT', needs: ['shoutcast-mount'], help: 'port for that source client (default: the port behind --http, as Shoutcast clients expect)' },
  { name: 'icecast-config', value: 'FILE', help: 'take ports, passwords, limits, mountpoints, fallbacks, relays, TLS files and the log level from an icecast.xml. What is not honoured of it is printed at start, a line each. Options and --config override it' },
  { name: 'peer', value: 'HOST:PORT|nats://HOST', repeated: true, help: 'take in all streams of another station, or of a relay, at its --out port, or of a cluster of NATS. Two stations that are peers of each other are a redundant pair: each has the sources of both' },
  { name: 'out', value: 'PORT', help: 'TCP port that peers, edges and relays subscribe to (default: none)' },
  { name: 'in', value: 'PORT', help: 'port that encoders on other machines push to (davecast encoder --to), by TCP and UDP (default: none)' },
  { name: 'origin', value: 'NAME', help: 'name of this station. An edge can prefer a source by the name of its station and its own address, such as studio/192.0.2.7 (default: the host name)' },
];

const relayUsage = [
  'davecast relay --in PORT --out PORT [--upstream HOST:PORT|nats://HOST]… [--multicast GROUP@PORT]… [--http PORT]',
  'davecast -r INBOUND OUTBOUND [GROUP@PORT | HOST:PORT]',
];
const edgeUsage = ['davecast edge --http PORT --relay HOST:PORT|nats://HOST …', 'davecast PORT RELAY:PORT [RELAY:PORT …]'];
const stationUsage = ['davecast station --http PORT [--password PASSWORD] [--out PORT --peer HOST:PORT …]', 'davecast station --icecast-config icecast.xml'];
const encoderUsage = ['davecast encoder --mount NAME … --to HOST:PORT|HOST@PORT|nats://HOST … (--from URL … | --stdin | --listen PORT)'];

const relayAbout = 'Receives the streams of encoders and forwards each message once to every edge and relay that subscribes.';
const edgeAbout = 'Receives all streams from its relays and serves one continuous stream per mountpoint to listeners.';
const stationAbout = 'Takes in source clients and serves their mountpoints to listeners, as a small Icecast does: encoders, a relay and an edge in one process, with one port.';
const encoderAbout = 'Splits MPEG audio (MP3, MP2) or AAC (ADTS) into frames and pushes each frame to every target.';

const operatorOptions = (passwords?: readonly string[]): readonly Option[] => adminOptions('password of user "admin", for davecast switch and sources, and Icecast\'s admin pages; without one they are refused', undefined, passwords);

const fleetOption: Option = { name: 'fleet', value: 'URL', repeated: true, help: 'show another edge, station or relay on the page at / for operators: http://HOST:PORT, with the login of its operator as https://admin:PASSWORD@HOST:PORT. Prefer the configuration file: command lines are visible to all users of the machine' };

const accessOptions: readonly Option[] = [
  { name: 'access-log', value: 'FILE', help: 'append a line to this file for each listener that has left, instead of the log; SIGHUP reopens it' },
  { name: 'access-log-format', value: 'FORMAT', needs: ['access-log'], help: `${accessLogFormats.join(' or ')} (default combined: as Icecast writes it)`, oneOf: accessLogFormats },
];

/** Listeners by HLS. */
const hlsOptions: readonly Option[] = [
  { name: 'hls', help: 'serve every mountpoint of AAC or MP3 by HLS, too, at /MOUNT/hls.m3u8: segments of six seconds (--hls-segment-ms), which are the same at every edge' },
  { name: 'hls-dir', value: 'DIR', needs: ['hls'], help: 'keep segments in this directory, for as long as --hls-window-ms says, so that listeners can go back by hours, also after a restart' },
  { name: 'hls-group', value: 'NAME=MOUNT,…', repeated: true, needs: ['hls'], help: 'offer several mountpoints with the same programme at /NAME/hls.m3u8, of which players choose by their bandwidth' },
];

/** For station, relay and edge, also as scripts for the first Davecast start them. */
const recordOptions: readonly Option[] = [
  { name: 'record', value: 'DIR', help: 'record all input (of a station: of its edge) to this directory, for replay; see davecast record --help' },
  { name: 'no-audio', needs: ['record'], help: 'keep headers and lengths only, so that a recording can be shared' },
];

/** A running process takes other values of these when it reads its configuration again; all others need a restart. */
const liveOptions: ReadonlySet<string> = new Set([
  'log-level',
  'upstream', 'multicast', 'peer', 'relay', 'to', 'from', 'mount', 'icecast-config',
  'password', 'admin-password', 'admin-password-file',
  'trusted-proxy', 'metrics-allow', 'ready-check', 'fleet', 'admin-user',
  'allow', 'allow-in', 'allow-out', 'listener-allow', 'listener-deny', 'http-allow', 'http-deny', 'tls-cert', 'tls-key', 'ca', 'access-log', 'access-log-format',
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
  relay: command('relay', [...relayOptions, ofRelaysOption, ...pagesOptions, ...pagesTlsOptions, ...httpOptions('relay', pagePorts), ...titleOptions, ...needing(undefined, allowOptions), ...keysOptions(), ...keyOptions('other relays', ['upstream']), relayCaOption, ...recordOptions], relayUsage, relayAbout),
  originalRelay: command('relay', [...pagesOptions, ...pagesTlsOptions, ...httpOptions('relay', pagePorts), ...titleOptions, ...needing(undefined, allowOptions), ...keysOptions(), ...keyOptions('other relays'), originalRelayCaOption, ...recordOptions], relayUsage, relayAbout),
  edge: command('edge', [...edgeOptions, ...wishOptions, ...keyOptions('relays'), verifyOption, ...servingOptions, ...mountOptions, ...listenerOptions, edgeCaOption, ...hlsOptions, ...operatorOptions(), fleetOption, ...accessOptions, ...recordOptions], edgeUsage, edgeAbout),
  originalEdge: command('edge', [...servingOptions, ...keyOptions('relays'), verifyOption, ...mountOptions, ...listenerOptions, edgeCaOption, ...hlsOptions, ...operatorOptions(), fleetOption, ...accessOptions, ...recordOptions], edgeUsage, edgeAbout),
  station: command('station', [...stationOptions, ofPeersOption, ...httpOptions('station'), ...streamOptions, ...workersOptions, ...mountOptions, ...listenerOptions, ...hlsOptions, ...operatorOptions(['icecast-config']), fleetOption, ...accessOptions, { ...refuseTitlesOption, needs: ['out'] }, ...allowOptions, ...keysOptions(['in', 'out']), ...keyOptions('peers', ['peer']), signOption, verifyOption, ...recordOptions], stationUsage, stationAbout),
  encoder: command('encoder', [...sourceOptions, ...keyOptions('targets'), signOption, ...httpOptions('encoder', encoderPorts), originOption, ...streamOptions], encoderUsage, encoderAbout),
  daveice: command(
    'encoder',
    [originOption, ...streamOptions, ...keyOptions('targets'), signOption, caOption('NATS by TLS')],
    ['daveice ICECAST:PORT MOUNT TARGET [TARGET …]'],
    'Pulls a mountpoint of an Icecast and pushes it to relays, as davecast encoder --from does. A TARGET is HOST:PORT (TCP), HOST@PORT (UDP) or nats://HOST.',
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
  const settings = settingOptions(role, given);
  const [own, general] = [given, generalOptions].map((options) => options.map((option) => ({ ...withNeeds(option), isLive: liveOptions.has(option.name) }))) as [Option[], Option[]];
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

/** The same options where they do something only beside one of others. */
function needing(needs: readonly string[] | undefined, options: readonly Option[]): readonly Option[] {
  return options.map((option) => {
    const { needs: _, ...alone } = option;
    return needs === undefined ? alone : { ...alone, needs };
  });
}

/** Who an operator is. @param help what the password is for. @param needs the options that open a port for them, where there may be none. @param passwords further options that may bring a password. */
function adminOptions(help: string, needs?: readonly string[], passwords: readonly string[] = []): readonly Option[] {
  return [
    ...needing(needs, [
      { name: 'admin-password', value: 'PASSWORD', instead: ['admin-password-file'], isSecret: true, help: `${help}. Prefer --admin-password-file or the environment variable ${PASSWORD_VARIABLE}: command lines are visible to all users of the machine` },
      { name: 'admin-password-file', value: 'FILE', isRead: true, instead: ['admin-password'], help: 'file that has the admin password in its first line' },
    ]),
    { name: 'admin-user', value: 'NAME', needs: ['admin-password', 'admin-password-file', ...passwords, PASSWORD_VARIABLE], help: 'name of the user that the admin password is for (default admin)' },
  ];
}
