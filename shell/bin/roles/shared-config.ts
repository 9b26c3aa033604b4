import { settingsProblem, type Settings } from '../../../core/config/settings.ts';
import type { AccessLogConfig } from '../../operations/access-log/access-log.ts';
import { accessLogFormats } from '../../operations/access-log/lines.ts';
import { filledOf, hlsGroup, mountPatterns, ranges, seconds, wordOf, workerCount } from '../../cli/options/arguments.ts';
import { configOf, settingsPlace, type GivenWithFile } from '../../cli/config/config.ts';
import type { MountListeners } from '../../cli/mounts/mount-listeners.ts';
import { policiesOf } from '../../cli/mounts/mount-policies.ts';
import type { Given } from '../../cli/options/options.ts';
import { authoritiesOf, tlsOf } from '../../cli/options/tls.ts';
import type { AddressFiles } from '../../net/address-lists/address-rules.ts';
import type { AdmissionConfig } from '../../edge/admission/rules.ts';
import type { EdgeConfig } from '../../edge/config.ts';
import { urlCredentials, withoutCredentials } from '../../http/auth/basic-auth.ts';
import { readyChecks } from '../../http/readiness.ts';
import type { Range } from '../../net/addresses/allow.ts';
import { adminPassword, adminUser } from '../../operations/operator/password.ts';
import type { FleetMember } from '../../operations/page/fleet.ts';
import type { PageOptions } from '../../operations/page/page.ts';
import type { ProcessRole } from '../../process/app.ts';
import { UsageError } from '../../process/problems.ts';
import type { RecordConfig } from '../../operations/recording/flight-recorder.ts';
import type { RelayConfig } from '../../relay/config.ts';

/** As Apple asks for it: players buffer three of them before they begin, and ask for each. */
const HLS_SEGMENT_MS = 6_000;

/** Other processes on one page. */
const MAX_FLEET = 50;

/** How long an edge keeps a mountpoint on demand that nobody listens to: players that connect again find it, and whoever looks for a station goes through many. */
export const DEFAULT_LINGER_S = 60;

/** Which mountpoints an edge takes in; undefined: all. */
export function wishOf(given: Given): EdgeConfig['wish'] {
  const mounts = mountPatterns('--mounts', given.all('mounts'));
  const linger = given.one('linger');
  const onDemand = given.has('on-demand');
  if (mounts === undefined && !onDemand) return undefined;
  return { ...(mounts && { mounts }), ...(onDemand && { onDemand: { lingerMs: 1_000 * (linger === undefined ? DEFAULT_LINGER_S : seconds('--linger', linger)) } }) };
}

/** Who may push to a relay, and who may subscribe. */
export function allowedOf(given: Given): Required<Pick<RelayConfig, 'allowIn' | 'allowOut'>> {
  const [both, into, out] = ['allow', 'allow-in', 'allow-out'].map((option) => ranges(`--${option}`, given.all(option)));
  return { allowIn: [...both!, ...into!], allowOut: [...both!, ...out!] };
}

/** The proxies in front of the HTTP ports, as --trusted-proxy names them. */
export function trustedProxiesOf(given: Given): readonly Range[] {
  return ranges('--trusted-proxy', given.all('trusted-proxy'));
}

/** Which addresses are answered by HTTP, as --http-allow and --http-deny name them; `old` is what another file says. */
export function httpListsOf(given: Given, old: AddressFiles = {}): AddressFiles {
  const [allow, deny] = ['http-allow', 'http-deny'].map((option) => filledOf(given, option));
  return { allow: allow ?? old.allow, deny: deny ?? old.deny };
}

/** The processes of --fleet; undefined: none. */
export function fleetOf(given: Given): PageOptions['fleet'] {
  const members = given.all('fleet').map((text): FleetMember => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') throw new UsageError(`--fleet must be http://HOST:PORT or https://admin:PASSWORD@HOST:PORT, not "${withoutPassword(text)}"`);
    const login = urlCredentials(url);
    const own = withoutCredentials(url);
    if (!own.pathname.endsWith('/')) own.pathname += '/';
    return { url: own, auth: login && `${login.user}:${login.password}` };
  });
  const twice = members.find(({ url }, index) => members.findIndex((other) => other.url.href === url.href) !== index);
  if (twice !== undefined) throw new UsageError(`--fleet ${twice.url.href} is given twice`);
  if (members.length > MAX_FLEET) throw new UsageError(`--fleet can be given ${MAX_FLEET} times at most, not ${members.length} times`);
  return members.length === 0 ? undefined : { members, ca: authoritiesOf(given) };
}

/** Of an address that is told to whoever reads stderr. */
function withoutPassword(text: string): string {
  return text.replace(/:[^:@/]*@/, ':***@');
}

/** The checks of GET /readyz that count, as --ready-check names them; undefined: those of the role. */
export function readyOf(given: Given, role: ProcessRole): readonly string[] | undefined {
  const names = given.all('ready-check');
  const { all } = readyChecks[role];
  const wrong = names.find((name) => !all.includes(name) && name !== 'none');
  if (wrong !== undefined) throw new UsageError(`--ready-check must be one of ${all.join(', ')}, none, not "${wrong}"`);
  if (names.includes('none') && names.length > 1) throw new UsageError('--ready-check none excludes all others');
  return names.length === 0 ? undefined : names.filter((name) => name !== 'none');
}

/** How the listeners of an edge are served. */
export function servingOf(given: GivenWithFile): Pick<EdgeConfig, 'tls' | 'trustedProxies' | 'httpLists' | 'ready' | 'workers' | 'hls' | 'settings' | 'policies' | 'admission' | 'adminUser' | 'adminPassword' | 'accessLog' | 'record'> {
  const { settings, policies, listeners } = configOf(given);
  return {
    tls: tlsOf(given),
    trustedProxies: trustedProxiesOf(given),
    httpLists: httpListsOf(given),
    ready: readyOf(given, 'edge'),
    workers: workerCount('--workers', given.one('workers')),
    ...hlsOf(given, settings),
    policies: policiesOf(given, policies),
    admission: admissionOf(given, listeners),
    adminUser: adminUser(given, 'admin-user'),
    adminPassword: adminPassword(given, 'admin-password'),
    accessLog: accessLogOf(given),
    record: recordOf(given),
  };
}

/** What --hls asks for, and the settings with the length of its segments. */
export function hlsOf(given: GivenWithFile, settings: Settings): { readonly hls: EdgeConfig['hls']; readonly settings: Settings } {
  if (!given.has('hls')) {
    if (settings.hlsSegmentMs > 0) throw new UsageError('--hls-segment-ms needs --hls');
    return { hls: undefined, settings };
  }
  if (given.has('hls-segment-ms') && settings.hlsSegmentMs === 0) throw new UsageError('--hls-segment-ms must be 1000 to 10000 with --hls, not 0');
  const directory = filledOf(given, 'hls-dir');
  const named = given.all('hls-group').map((text) => hlsGroup('--hls-group', text));
  const twice = named.find(([name], index) => named.findIndex(([other]) => other === name) !== index);
  if (twice !== undefined) throw new UsageError(`--hls-group ${twice[0]} is given twice`);
  const withLength = { ...settings, hlsSegmentMs: settings.hlsSegmentMs || HLS_SEGMENT_MS };
  const problem = settingsProblem(withLength);
  if (problem !== undefined) throw new UsageError(settingsPlace(problem, given.file) + problem);
  return { hls: { directory, groups: new Map(named) }, settings: withLength };
}

/** Who may listen. */
export function admissionOf(given: Given, mounts: MountListeners): AdmissionConfig {
  const [allow, deny] = ['listener-allow', 'listener-deny'].map((option) => filledOf(given, option));
  return { allow, deny, mounts, ca: authoritiesOf(given) };
}

/** What --access-log asks for. */
export function accessLogOf(given: Given): AccessLogConfig | undefined {
  const [file, text] = [filledOf(given, 'access-log'), given.one('access-log-format')];
  const format = wordOf('--access-log-format', text ?? 'combined', accessLogFormats);
  return file === undefined ? undefined : { file, format };
}

/** What --record asks for. */
export function recordOf(given: Given): RecordConfig | undefined {
  const directory = given.one('record');
  return directory === undefined ? undefined : { directory, audio: given.has('no-audio') ? 'left-out' : 'whole' };
}
