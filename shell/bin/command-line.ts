import { assert } from '../../core/base/assert.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { ProcessRole, Reconfigured } from '../process/app.ts';
import { bindAddress, listenPort, logLevel, mountPatterns, multicastEndpoint, noMore, optionalPort, ranges, upstreamEndpoint } from '../cli/options/arguments.ts';
import { commands, optionsOf, optionsOfAll, overview, type CommandName } from './commands/commands.ts';
import { atPlaces, configOf, readGiven, type GivenWithFile } from '../cli/config/config.ts';
import { manual } from './manual.ts';
import { readCompletion } from '../cli/manual/completion-command.ts';
import { readConfigCommand } from './commands/config-command.ts';
import { EdgeApp } from '../edge/edge.ts';
import type { EdgeConfig } from '../edge/config.ts';
import { EncoderApp, type EncoderConfig } from '../encoder/encoder.ts';
import { daveiceConfig, encoderConfig } from './roles/encoder-config.ts';
import { allowedOf, fleetOf, httpListsOf, readyOf, recordOf, servingOf, trustedProxiesOf, wishOf } from './roles/shared-config.ts';
import type { Make } from './serve.ts';
import { readKey } from './commands/key-command.ts';
import { ownKeyOf, keysOf, verifyOf } from './roles/link-keys.ts';
import { stationConfig, type StationWish } from './roles/station-config.ts';
import { didYouMean } from '../cli/yaml/nearest.ts';
import { StationApp, type StationConfig } from '../station/station.ts';
import { formatApart, formatHelp } from '../cli/help.ts';
import type { LogLevel } from '../log/text/table.ts';
import { effectiveOf } from './reload/effective.ts';
import type { IcecastConfig } from '../icecast/config/icecast-config.ts';
import { fitted, fittedTogether } from './memory.ts';
import { useBySubscriber } from '../net/keys/file/key-use.ts';
import type { Range } from '../net/addresses/allow.ts';
import { readOptions, type Given } from '../cli/options/options.ts';
import { refuseUseless } from '../cli/options/needs.ts';
import { printConfig } from '../cli/config/print-config.ts';
import { UsageError } from '../process/problems.ts';
import { probeConfig, probeHelp, probeOptions, type ProbeConfig } from '../operations/probe/command.ts';
import { readSources, readSwitch } from '../operations/operator/commands.ts';
import { readRecord } from '../operations/recording/record-command.ts';
import { adminPassword, adminUser } from '../operations/operator/password.ts';
import type { PageOptions } from '../operations/page/page.ts';
import type { Configuration } from './reload/reloader.ts';
import { RelayApp } from '../relay/relay.ts';
import type { RelayConfig } from '../relay/config.ts';
import type { Task } from '../cli/task.ts';
import { withOwnPorts } from '../cli/options/own-ports.ts';
import { readUpgrade } from '../process/upgrade/run/command.ts';
import { authoritiesOf, tlsOf } from '../cli/options/tls.ts';
import { version } from '../process/version.ts';

/** What a command line asks for. */
export type Wish =
  | { readonly kind: 'print'; readonly text: string }
  /** To be done at once; it prints its lines. */
  | { readonly kind: 'task'; readonly task: Task }
  | { readonly kind: 'probe'; readonly config: ProbeConfig }
  | {
      readonly kind: 'run';
      readonly role: ProcessRole;
      readonly logLevel: LogLevel;
      readonly settings: Settings;
      /** Who may read metrics, besides this machine and operators. */
      readonly metricsAllow: readonly Range[];
      /** Other processes that its page shows. */
      readonly fleet: PageOptions['fleet'];
      /** What it would run with. */
      readonly configuration: Configuration;
      /** Reads command line and files again; undefined: there are no files. */
      readonly again?: (() => Configuration) | undefined;
      readonly make: Make;
      /** For stderr, a line each. */
      readonly notes: readonly string[];
    };

/** Reads the arguments of `davecast`. Throws a UsageError on any that is wrong or missing. */
export function readDavecast(argv: readonly string[]): Wish {
  const [first, ...rest] = argv;
  if (first === undefined) throw new UsageError(`command is missing, one of ${commandNames}`);
  if (first === '--help' || first === '-h') return { kind: 'print', text: formatHelp(overview) };
  if (first === '--version' || first === '-v') return versionOf('davecast');
  if (first === 'station') return read('station', rest, (given) => makeStation(stationConfig(given)));
  if (first === 'relay') return read('relay', rest, (given) => makeRelay(relayConfig(given)));
  if (first === 'edge') return read('edge', rest, (given) => makeEdge(edgeConfig(given)));
  if (first === 'encoder') return read('encoder', rest, (given) => makeEncoder(encoderConfig(given)));
  if (first === 'help') return { kind: 'print', text: helpOn(rest) };
  if (first === 'completion') return { kind: 'print', text: readCompletion(rest, manual) };
  if (first === 'config') return taskWish(readConfigCommand(rest, { options: optionsOfAll, start: startOf }));
  if (first === 'key') return { kind: 'print', text: readKey(rest) };
  if (first === 'record') return taskWish(readRecord(rest));
  if (first === 'switch') return taskWish(readSwitch(rest));
  if (first === 'sources') return taskWish(readSources(rest));
  if (first === 'upgrade') return taskWish(readUpgrade(rest));
  if (first === 'probe') return readProbe(rest);
  if (first === '-r') return read('originalRelay', rest, (given) => makeRelay(originalRelayConfig(given)));
  if (/^\d+$/.test(first)) return read('originalEdge', argv, (given) => makeEdge(originalEdgeConfig(given)));
  throw first.startsWith('-') ? new UsageError(`unknown option ${first}`) : unknownCommand(first);
}

/** Reads the arguments of `daveice`. */
export function readDaveice(argv: readonly string[]): Wish {
  return read('daveice', argv, (given) => makeEncoder(daveiceConfig(given)));
}

/** The options that name what is read at start, and can be read again. */
const filesOf = ['config', 'icecast-config', 'admin-password-file'];

const commandNames = manual.map(({ name }) => name).join(', ');

function unknownCommand(name: string): UsageError {
  return new UsageError(`unknown command "${name}"${didYouMean(name, manual.map((entry) => entry.name))}, must be one of ${commandNames}`);
}

/** The same as COMMAND --help. */
function helpOn([name, ...more]: readonly string[]): string {
  noMore(more);
  if (name === undefined) return formatHelp(overview);
  const entry = manual.find((one) => one.name === name);
  if (entry === undefined) throw unknownCommand(name);
  return formatHelp(entry.help);
}

function taskWish(asked: Task | string): Wish {
  return typeof asked === 'string' ? { kind: 'print', text: asked } : { kind: 'task', task: asked };
}

function readProbe(argv: readonly string[]): Wish {
  const given = readOptions(argv, probeOptions);
  if (given.has('help')) return { kind: 'print', text: formatHelp(probeHelp) };
  if (given.has('version')) return versionOf('davecast');
  return { kind: 'probe', config: probeConfig(given) };
}

type Run = Extract<Wish, { kind: 'run' }>;

type Made = Pick<Run, 'settings' | 'make'> & { readonly config: object; readonly logLevel?: LogLevel | undefined; readonly icecast?: IcecastConfig | undefined };

function read(name: CommandName, argv: readonly string[], make: (given: GivenWithFile) => Made): Wish {
  const command = commands[name];
  const asked = readOptions(argv, command.options);
  if (asked.has('help')) return { kind: 'print', text: formatHelp(command.help) };
  if (asked.has('help-settings')) return { kind: 'print', text: formatApart(command.help, 'help-settings') };
  if (asked.has('version')) return versionOf(name === 'daveice' ? 'daveice' : 'davecast');
  const given = readGiven(argv, command, optionsOfAll);
  try {
    const { logLevel: level, config, icecast, ...made } = make(given);
    const common = { role: command.role, logLevel: logLevel(given) ?? level ?? 'info', settings: made.settings };
    const shared = { metricsAllow: ranges('--metrics-allow', given.all('metrics-allow')), fleet: fleetOf(given) };
    refuseUseless(given, command.options, optionsOfAll);
    if (given.has('print-config')) {
      return { kind: 'print', text: printConfig({ role: command.role, given, options: optionsOf(command.role), settings: made.settings, unnamed: unnamedOf(name, given.positionals) }) };
    }
    const configuration: Configuration = { config, logLevel: common.logLevel, ...shared, effective: effectiveOf({ ...common, given, options: command.options, icecast }) };
    const again = filesOf.some((option) => given.has(option)) ? (): Configuration => (read(name, argv, make) as Run).configuration : undefined;
    return { kind: 'run', ...common, ...shared, make: made.make, configuration, again, notes: given.notes };
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(atPlaces(error.message, given)) : error;
  }
}

/** What a role would start with. */
function startOf(argv: readonly string[]): Extract<Wish, { kind: 'run' }> {
  const wish = readDavecast(argv);
  assert(wish.kind === 'run', 'a role was asked for something else');
  return wish;
}

/** The options that the arguments without a name stand for. */
function unnamedOf(name: CommandName, positionals: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const [first = '', second = '', third] = positionals;
  const one = (option: string, text: string | undefined): [string, readonly string[]] => [option, text === undefined ? [] : [text]];
  switch (name) {
    case 'edge':
      return new Map([['relay', positionals]]);
    case 'originalEdge':
      return new Map([one('http', first), ['relay', positionals.slice(1)]]);
    case 'encoder':
      return new Map([['to', positionals]]);
    case 'daveice':
      return new Map([one('mount', second), one('from', `http://${first}/${second.replace(/^\//, '')}`), ['to', positionals.slice(2)]]);
    case 'originalRelay':
      return new Map([one('in', first), one('out', second), one(third?.includes('@') === true ? 'multicast' : 'upstream', third)]);
    default:
      return new Map();
  }
}

function makeRelay(config: RelayConfig): Made {
  return made<RelayConfig>(config, ({ tell }, metrics, page, reload) => new RelayApp({ ...config, reload, settings: fitted(config.settings, 'historyBytes', tell), metrics, page }, tell));
}

function makeEdge(config: EdgeConfig): Made {
  return made<EdgeConfig>(config, ({ tell }, metrics, page, reload) => new EdgeApp({ ...config, reload, settings: fitted(config.settings, 'edgeBytes', tell), metrics, page }, tell));
}

function makeStation({ config, settings, logLevel: level, icecast }: StationWish): Made {
  const make: MakeApp<Omit<StationConfig, 'relaySettings'>> = ({ tell }, metrics, page, reload) => {
    const { relay, edge } = fittedTogether(settings, tell);
    return new StationApp({ ...config, reload, settings: edge, relaySettings: relay, metrics, page }, tell);
  };
  return { ...made<Omit<StationConfig, 'relaySettings'>>({ ...config, settings }, make), logLevel: level, icecast };
}

function makeEncoder(config: EncoderConfig): Made {
  return made<EncoderConfig>(config, ({ tell }, metrics) => new EncoderApp({ ...config, metrics }, tell));
}

type MakeApp<Config> = (...args: Parameters<Make>) => Reconfigured<Config>;

function made<Config extends { readonly settings: Settings }>(config: Config, make: MakeApp<Config>): Made {
  return {
    settings: config.settings,
    config,
    make: (...args) => {
      const app = make(...args);
      // The same command line has made it.
      return { app, prepare: (next) => app.prepare(next as Config) };
    },
  };
}

function relayConfig(given: GivenWithFile): RelayConfig {
  noMore(given.positionals);
  const upstreams = given.all('upstream').map((text) => upstreamEndpoint('--upstream', text));
  return withOwnPorts({
    bind: bindAddress(given),
    inPort: listenPort('--in', given.one('in')),
    outPort: listenPort('--out', given.one('out')),
    ...pagesOf(given),
    upstreams,
    mounts: mountPatterns('--mounts', given.all('mounts')),
    multicasts: given.all('multicast').map((text) => multicastEndpoint('--multicast', text)),
    ...relayingOf(given, upstreams),
  });
}

/** `davecast -r INBOUND OUTBOUND [GROUP@PORT | HOST:PORT]` */
function originalRelayConfig(given: GivenWithFile): RelayConfig {
  const [inbound, outbound, from, ...more] = given.positionals;
  noMore(more);
  const isGroup = from?.includes('@') === true;
  const upstreams = from === undefined || isGroup ? [] : [upstreamEndpoint('the upstream relay', from)];
  return withOwnPorts({
    bind: bindAddress(given),
    inPort: listenPort('INBOUND', inbound),
    outPort: listenPort('OUTBOUND', outbound),
    ...pagesOf(given),
    upstreams,
    multicasts: isGroup ? [multicastEndpoint('the multicast group', from)] : [],
    ...relayingOf(given, upstreams),
  }, { http: '--http', in: 'INBOUND', out: 'OUTBOUND' });
}

/** The HTTP port of a relay. */
function pagesOf(given: Given): Pick<RelayConfig, 'httpPort' | 'tls' | 'trustedProxies' | 'httpLists' | 'ready'> {
  return { httpPort: optionalPort(given, 'http'), tls: tlsOf(given), trustedProxies: trustedProxiesOf(given), httpLists: httpListsOf(given), ready: readyOf(given, 'relay') };
}

/** Who may connect to a relay and set titles there, as whom it connects to others, and how it works. */
function relayingOf(given: GivenWithFile, upstreams: RelayConfig['upstreams']): Pick<RelayConfig, 'allowIn' | 'allowOut' | 'keys' | 'key' | 'ca' | 'refusesTitles' | 'adminUser' | 'adminPassword' | 'settings' | 'record'> {
  return {
    ...allowedOf(given),
    keys: keysOf(given),
    key: ownKeyOf(given, upstreams, useBySubscriber),
    ca: authoritiesOf(given),
    refusesTitles: given.has('refuse-titles'),
    adminUser: adminUser(given, 'admin-user'),
    adminPassword: adminPassword(given, 'admin-password'),
    settings: configOf(given).settings,
    record: recordOf(given),
  };
}

function edgeConfig(given: GivenWithFile): EdgeConfig {
  const texts = [...given.all('relay'), ...given.positionals];
  if (texts.length === 0) throw new UsageError('--relay is missing');
  const relays = texts.map((text) => upstreamEndpoint('--relay', text));
  const serving = servingOf(given);
  return withOwnPorts({
    bind: bindAddress(given),
    httpPort: listenPort('--http', given.one('http')),
    relays,
    ca: authoritiesOf(given),
    wish: wishOf(given),
    key: ownKeyOf(given, relays, useBySubscriber),
    verify: verifyOf(given, serving.policies ?? {}, serving.settings),
    ...serving,
  });
}

/** `davecast PORT RELAY:PORT [RELAY:PORT …]` */
function originalEdgeConfig(given: GivenWithFile): EdgeConfig {
  const [port, ...texts] = given.positionals;
  if (texts.length === 0) throw new UsageError('RELAY:PORT is missing');
  const relays = texts.map((text) => upstreamEndpoint('RELAY:PORT', text));
  const serving = servingOf(given);
  return withOwnPorts({
    bind: bindAddress(given),
    httpPort: listenPort('PORT', port),
    relays,
    ca: authoritiesOf(given),
    key: ownKeyOf(given, relays, useBySubscriber),
    verify: verifyOf(given, serving.policies ?? {}, serving.settings),
    ...serving,
  }, { http: 'PORT', in: '--in', out: '--out' });
}

function versionOf(program: string): Wish {
  return { kind: 'print', text: `${program} ${version}\n` };
}
