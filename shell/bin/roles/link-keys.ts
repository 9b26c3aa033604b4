import { filledOf, hostEndpoint, ranges } from '../../cli/options/arguments.ts';
import { mountKey, settingsPlace, type GivenWithFile } from '../../cli/config/config.ts';
import type { Given, Option } from '../../cli/options/options.ts';
import { useProblems, type KeyUse } from '../../net/keys/file/key-use.ts';
import { ownEntryIn, type OwnKeyConfig } from '../../net/keys/own-key.ts';
import type { SignConfig } from '../../net/keys/signing/signing-keys.ts';
import { formatEndpoint, type Endpoint } from '../../net/addresses/address.ts';
import type { LinkFiles } from '../../net/keys/link-certificates.ts';
import { UsageError } from '../../process/problems.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { MountPolicies } from '../../../core/config/mount-policy.ts';
import type { KeysConfig } from '../../relay/config.ts';
import { linkCertificateOptions, linkFilesOf } from './link-certificates.ts';

/** The line of a key. What stands on a command line is in the list of processes; this is not. */
export const KEY_VARIABLE = 'DAVECAST_KEY';

/** Of a process that others connect to. @param needs the options that open a port for them, where there may be none. */
export const keysOptions = (needs?: readonly string[]): readonly Option[] => [
  { name: 'keys', value: 'FILE', ...(needs !== undefined && { needs }), help: 'accept only peers that have a key of this file, on the ports of --in and --out and in multicast groups: connections by TLS 1.3, and sealed datagrams; a line for each, as davecast key new prints it. The file is read again when it has changed, and at SIGHUP (default: everybody is accepted, without TLS)' },
  { name: 'plain-from', value: 'CIDR', repeated: true, needs: ['keys'], help: 'accept these addresses without a key, too, such as 192.0.2.0/24: original encoders and edges. Addresses of datagrams can be forged' },
];

/** Of a process that connects to relays. @param them what it connects to. @param needs the options that name them, where there may be none. */
export function keyOptions(them: string, needs?: readonly string[]): readonly Option[] {
  return [
    { name: 'key', value: 'FILE', ...(needs !== undefined && { needs }), help: `connect to ${them} by TLS 1.3 with the key in this file, a line as davecast key new prints it, and seal datagrams with it. It is read again when it has changed. Without the option, the line is taken from the environment variable ${KEY_VARIABLE} (default: no key, and no TLS)` },
    { name: 'plain-to', value: 'HOST:PORT|HOST@PORT', repeated: true, help: 'with a key or --link-cert: connect, or with an @ send, to this one without it' },
    ...linkCertificateOptions(them),
  ];
}

/** Of an encoder and a station. */
export const signOption: Option = { name: 'sign', value: 'FILE', help: 'sign all audio of its sources with the key in this file, a line as davecast key new --sign prints it, so that edges with --verify can tell it from what a relay has changed. The file is read again when it has changed (default: nothing is signed)' };

/** Of an edge and a station. */
export const verifyOption: Option = { name: 'verify', value: 'FILE', help: 'give out audio of a mountpoint only as its encoder has signed it, where a key of this file is for it; a line for each, as davecast key public prints it. Audio is given out at once, and a stream left whose is not as signed; with "verify": "hold" of a mountpoint in the configuration file, audio is held until it is verified. The file is read again when it has changed (default: nothing is verified)' };

/** What --sign asks for; undefined when it is not given. @param mounts those that are signed. */
export function signOf(given: Given, mounts: readonly string[]): SignConfig | undefined {
  const file = filledOf(given, 'sign');
  return file === undefined ? undefined : { file, mounts };
}

/** The file of --verify; undefined when it is not given, and then nothing may be wanted that needs it. */
export function verifyOf(given: GivenWithFile, policies: MountPolicies, { mountEndMs, unsignedMs }: Settings): string | undefined {
  const file = filledOf(given, 'verify');
  if (file !== undefined) {
    refuseEarlyEnd(`${settingsPlace('mountEndMs', given.file)}mountEndMs`, mountEndMs, unsignedMs);
    for (const [mount, { verify, settings }] of Object.entries(policies)) if (verify !== 'off') refuseEarlyEnd(mountKey(given, mount, 'mountEndMs'), settings?.mountEndMs, unsignedMs);
    return file;
  }
  for (const [mount, { verify = 'off' }] of Object.entries(policies)) if (verify !== 'off') throw new UsageError(`${mountKey(given, mount, 'verify')}: "${verify}" needs --verify`);
  return undefined;
}

function refuseEarlyEnd(what: string, mountEndMs: number | undefined, unsignedMs: number): void {
  if (mountEndMs === undefined || mountEndMs >= unsignedMs) return;
  throw new UsageError(`${what} (${mountEndMs}) must not be less than unsignedMs (${unsignedMs}) with --verify: audio that is held until its signature comes is heard a second at a time`);
}

/** The peers that --keys names; undefined when it is not given. */
export function keysOf(given: Given): KeysConfig | undefined {
  const certificate = linkFilesOf(given);
  const file = filledOf(given, 'keys');
  if (file === undefined) return undefined;
  return { file, plainFrom: ranges('--plain-from', given.all('plain-from')), ...(certificate !== undefined && { certificate }) };
}

/** The key of the process itself; undefined when it has none. @param all those that it connects or sends to. @param use what it is to them. */
export function ownKeyOf(given: Given, all: readonly Endpoint[], use: KeyUse): OwnKeyConfig | undefined {
  const file = filledOf(given, 'key');
  const line = process.env[KEY_VARIABLE] || undefined;
  const plainTo = given.all('plain-to').map((text) => hostEndpoint('--plain-to', text));
  const unknown = plainTo.find((endpoint) => !all.some((one) => formatEndpoint(one) === formatEndpoint(endpoint)));
  if (unknown !== undefined) throw new UsageError(`--plain-to: this process does not connect or send to ${formatEndpoint(unknown)}`);
  if (file === undefined && line === undefined) {
    const certificate = linkFilesOf(given);
    if (certificate !== undefined) return certifiedOf(given, all, { certificate, plainTo });
    if (plainTo.length > 0) throw new UsageError(`--plain-to needs --key, ${KEY_VARIABLE} or --link-cert`);
    return undefined;
  }
  if (given.has('link-cert') && !given.has('keys')) throw new UsageError('--link-cert: connections are made with a key or with a certificate: leave out one of them');
  noteNats(given, all);
  const isShown = all.length > plainTo.length;
  if (file !== undefined) return { from: { file }, plainTo, ...(isShown && { use }) };
  const { entry, secret } = ownEntryIn(line!, KEY_VARIABLE);
  if (isShown) given.notes.push(...useProblems(entry, use).map((problem) => `${KEY_VARIABLE}: ${problem}`));
  return { from: { secret }, plainTo };
}

function certifiedOf(given: Given, all: readonly Endpoint[], { certificate, plainTo }: { readonly certificate: LinkFiles; readonly plainTo: readonly Endpoint[] }): OwnKeyConfig | undefined {
  if (all.length === 0) {
    if (!given.has('keys')) throw new UsageError('--link-cert needs --keys: this process connects to nobody');
    return undefined;
  }
  const datagrams = all.find((one) => one.transport === 'udp' && !plainTo.some((plain) => formatEndpoint(plain) === formatEndpoint(one)));
  if (datagrams !== undefined) throw new UsageError(`${formatEndpoint(datagrams)}: a certificate seals no datagrams: use --key, or send them plain with --plain-to ${formatEndpoint(datagrams)}`);
  noteNats(given, all);
  return { from: { certificate }, plainTo };
}

/** Somebody who has a key may think that all is protected by it. */
function noteNats(given: Given, all: readonly Endpoint[]): void {
  const nats = all.find(({ transport }) => transport === 'nats');
  if (nats !== undefined) given.notes.push(`${formatEndpoint(nats)}: keys and certificates of links do not protect what goes by NATS, which has users and permissions of its own`);
}
