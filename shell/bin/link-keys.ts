import { statSync } from 'node:fs';
import { ranges, tcpEndpoint } from '../cli/arguments.ts';
import type { Given, Option } from '../cli/options.ts';
import { secretIn, type OwnKeyConfig } from '../keys/own-key.ts';
import { formatEndpoint, type Endpoint } from '../net/address.ts';
import { UsageError } from '../process/problems.ts';
import type { KeysConfig } from '../relay/relay.ts';

/** The line of a key. What stands on a command line is in the list of processes; this is not. */
export const KEY_VARIABLE = 'DAVECAST_KEY';

/** Of a process that others connect to. */
export const keysOptions: readonly Option[] = [
  { name: 'keys', value: 'FILE', help: 'accept only peers that have a key of this file, by TLS 1.3, on the ports of --in and --out; a line for each, as davecast key new prints it. The file is read again when it has changed, and at SIGHUP (default: everybody is accepted, without TLS)' },
  { name: 'plain-from', value: 'CIDR', repeated: true, help: 'with --keys: accept these addresses without a key, too, such as 192.0.2.0/24: original encoders and edges, and all that sends by UDP, which carries no key' },
];

/** Of a process that connects to relays. @param them what it connects to. */
export function keyOptions(them: string): readonly Option[] {
  return [
    { name: 'key', value: 'FILE', help: `connect to ${them} by TLS 1.3 with the key in this file, a line as davecast key new prints it. It is read again when it has changed. Without the option, the line is taken from the environment variable ${KEY_VARIABLE} (default: no key, and no TLS)` },
    { name: 'plain-to', value: 'HOST:PORT', repeated: true, help: 'with a key: connect to this one without it' },
  ];
}

/** The peers that --keys names; undefined when it is not given. */
export function keysOf(given: Given): KeysConfig | undefined {
  const file = given.one('keys');
  if (file === undefined) {
    if (given.has('plain-from')) throw new UsageError('--plain-from needs --keys');
    return undefined;
  }
  if (file === '') throw new UsageError('--keys must not be empty');
  noteIfOpen(given, file);
  return { file, plainFrom: ranges('--plain-from', given.all('plain-from')) };
}

/** The key of the process itself; undefined when it has none. @param all those that it connects or sends to. */
export function keyOf(given: Given, all: readonly Endpoint[]): OwnKeyConfig | undefined {
  const file = given.one('key');
  const line = process.env[KEY_VARIABLE] || undefined;
  if (file === '') throw new UsageError('--key must not be empty');
  const plainTo = given.all('plain-to').map((text) => tcpEndpoint('--plain-to', text));
  const unknown = plainTo.find((endpoint) => !all.some((one) => formatEndpoint(one) === formatEndpoint(endpoint)));
  if (unknown !== undefined) throw new UsageError(`--plain-to: this process does not connect to ${formatEndpoint(unknown)}`);
  if (file === undefined && line === undefined) {
    if (plainTo.length > 0) throw new UsageError(`--plain-to needs --key or ${KEY_VARIABLE}`);
    return undefined;
  }
  const datagrams = all.find(({ transport }) => transport === 'udp');
  if (datagrams !== undefined) given.notes.push(`${formatEndpoint(datagrams)}: datagrams carry no key: a relay with --keys takes them only from addresses of --plain-from`);
  if (file !== undefined) noteIfOpen(given, file);
  return { from: file !== undefined ? { file } : { secret: secretIn(line!, KEY_VARIABLE) }, plainTo };
}

/** Whether a file is there is found out later, where it is read. */
function noteIfOpen(given: Given, file: string): void {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  if (process.platform !== 'win32' && (mode & READ_BY_OTHERS) !== 0) given.notes.push(`${file}: can be read by all users of this machine, who can speak by its keys then: chmod o-r`);
}

const READ_BY_OTHERS = 0o004;
