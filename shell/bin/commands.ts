import type { Role } from '../../core/config/settings.ts';
import { settingOptions } from '../cli/config.ts';
import type { HelpText } from '../cli/help.ts';
import { logLevels } from '../log/table.ts';
import type { Option } from '../cli/options.ts';
import { operatorUsage } from '../operator/commands.ts';
import { PASSWORD_VARIABLE } from '../operator/password.ts';
import { mountOptions } from '../cli/mount-policies.ts';
import { probeUsage } from '../probe/command.ts';

/** One command: what may stand behind it, and what --help says. */
export interface Command {
  readonly role: Role;
  readonly options: readonly Option[];
  readonly help: HelpText;
}

export type CommandName = 'relay' | 'originalRelay' | 'edge' | 'originalEdge' | 'encoder' | 'daveice';

const generalOptions: readonly Option[] = [
  { name: 'bind', value: 'ADDRESS', help: 'listen on this address only, and use its interface for multicast (0.0.0.0: all of them)' },
  { name: 'config', value: 'FILE', help: 'a JSON object of the settings below by name, and "mounts" with what single mountpoints have of their own: {"stallMinMs": 500, "mounts": {"radio": {"prefer": "studio-a"}}}; the command line overrides it' },
  { name: 'log-level', value: 'LEVEL', help: `tell nothing below this: ${logLevels.join(', ')} (info)` },
  { name: 'help', help: 'this text' },
  { name: 'version', help: 'the version' },
];

const relayOptions: readonly Option[] = [
  { name: 'in', value: 'PORT', help: 'encoders push to this port, by TCP and UDP' },
  { name: 'out', value: 'PORT', help: 'edges and other relays subscribe to this port' },
  { name: 'upstream', value: 'HOST:PORT', repeated: true, help: 'subscribe to another relay, on its --out port' },
  { name: 'multicast', value: 'GROUP@PORT', repeated: true, help: 'take in a multicast group' },
];

/** For a role that is not there to serve HTTP. */
const pagesOptions: readonly Option[] = [
  { name: 'http', value: 'PORT', help: 'answer GET /healthz on this port with 200, as long as the process serves (no port)' },
];

/** Nothing in the protocol authenticates: this much can be said without. */
const allowOptions: readonly Option[] = [
  { name: 'allow', value: 'CIDR', repeated: true, help: 'take connections and datagrams from these addresses only, at --in and --out: 192.0.2.0/24, 2001:db8::/32, or one address (all)' },
  { name: 'allow-in', value: 'CIDR', repeated: true, help: 'these, too, but only where encoders push to' },
  { name: 'allow-out', value: 'CIDR', repeated: true, help: 'these, too, but only where edges and relays subscribe' },
];

const edgeOptions: readonly Option[] = [
  { name: 'http', value: 'PORT', help: 'listeners connect to this port; GET /healthz is answered there with 200, as long as the process serves' },
  { name: 'relay', value: 'HOST:PORT', repeated: true, help: 'take in a relay, on its --out port; of a name all addresses' },
];

const sourceOptions: readonly Option[] = [
  { name: 'mount', value: 'NAME', help: 'the mountpoint' },
  { name: 'to', value: 'HOST:PORT|HOST@PORT', repeated: true, help: 'push to a relay, on its --in port: by TCP with a colon, by UDP with an @; of a name to all addresses' },
  { name: 'from', value: 'URL', help: 'pull from an Icecast: http://host:port/mount' },
  { name: 'stdin', help: 'read audio from standard input, and end when that ends' },
  { name: 'listen', value: 'PORT', help: 'wait for a source client, which pushes with SOURCE or PUT to any mountpoint; GET /healthz is answered there with 200, as long as the process serves' },
  { name: 'password', value: 'PASSWORD', help: 'of user "source", for --listen; without it sources are taken from this machine only, with any password' },
];

const stationOptions: readonly Option[] = [
  { name: 'origin', value: 'NAME', help: 'what this encoder is called, by which an edge can prefer it (the name of this machine)' },
  { name: 'title', value: 'TEXT', help: 'the title until the source gives another' },
  { name: 'name', value: 'TEXT', help: 'the name of the station, for listeners; this and the next three go before what the source says' },
  { name: 'genre', value: 'TEXT', help: 'its genre' },
  { name: 'description', value: 'TEXT', help: 'its description' },
  { name: 'url', value: 'TEXT', help: 'its web page' },
];

const relayUsage = [
  'davecast relay --in PORT --out PORT [--upstream HOST:PORT]… [--multicast GROUP@PORT]… [--http PORT]',
  'davecast -r INBOUND OUTBOUND [GROUP@PORT | HOST:PORT]',
];
const edgeUsage = ['davecast edge --http PORT --relay HOST:PORT …', 'davecast PORT RELAY:PORT [RELAY:PORT …]'];
const encoderUsage = ['davecast encoder --mount NAME --to HOST:PORT|HOST@PORT … (--from URL | --stdin | --listen PORT)'];

const relayAbout = 'Passes on everything that encoders push to it, once, to every edge and relay that subscribes.';
const edgeAbout = 'Serves listeners one unbroken stream for each mountpoint, put together from all its relays.';
const encoderAbout = 'Cuts MP3 or AAC (ADTS) into frames, and pushes each to every target.';

const operatorOptions: readonly Option[] = [
  { name: 'admin-password', value: 'PASSWORD', help: `of user "admin", who may use davecast switch and sources; better in the environment, as ${PASSWORD_VARIABLE}; without it nobody may` },
];

/** For relay and edge, also as scripts for the first Davecast start them. */
const recordOptions: readonly Option[] = [
  { name: 'record', value: 'DIR', help: 'keep a flight recorder in this directory: see davecast record --help' },
  { name: 'no-audio', help: 'with --record: headers and lengths only, so that a recording can be shared' },
];

/** The commands by name; `original…` are those that scripts for the first Davecast know. */
export const commands: Readonly<Record<CommandName, Command>> = {
  relay: command('relay', [...relayOptions, ...pagesOptions, ...allowOptions, ...recordOptions], relayUsage, relayAbout),
  originalRelay: command('relay', [...pagesOptions, ...allowOptions, ...recordOptions], relayUsage, relayAbout),
  edge: command('edge', [...edgeOptions, ...mountOptions, ...operatorOptions, ...recordOptions], edgeUsage, edgeAbout),
  originalEdge: command('edge', [...mountOptions, ...operatorOptions, ...recordOptions], edgeUsage, edgeAbout),
  encoder: command('encoder', [...sourceOptions, ...stationOptions], encoderUsage, encoderAbout),
  daveice: command(
    'encoder',
    stationOptions,
    ['daveice ICECAST:PORT MOUNT TARGET [TARGET …]'],
    'Republishes a mountpoint of an Icecast to relays, as davecast encoder --from does. A TARGET is HOST:PORT (TCP) or HOST@PORT (UDP).',
  ),
};

/** What `davecast --help` says. */
export const overview: HelpText = {
  usage: [...relayUsage, ...edgeUsage, ...encoderUsage, 'davecast record dump DIR', ...probeUsage, ...operatorUsage],
  about: 'Radio streaming without outages. Each command has a --help of its own.',
  sections: [],
};

function command(role: Role, own: readonly Option[], usage: readonly string[], about: string): Command {
  const settings = settingOptions(role);
  return {
    role,
    options: [...own, ...generalOptions, ...settings],
    help: {
      usage,
      about,
      sections: [
        { title: 'Options', options: [...own, ...generalOptions] },
        { title: 'Settings', options: settings },
      ],
    },
  };
}
