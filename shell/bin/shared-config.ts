import type { AccessLogConfig } from '../access-log/access-log.ts';
import { accessLogFormats } from '../access-log/lines.ts';
import { ranges, workerCount } from '../cli/arguments.ts';
import { configOf, type GivenWithFile } from '../cli/config.ts';
import type { MountListeners } from '../cli/mount-listeners.ts';
import { policiesOf } from '../cli/mount-policies.ts';
import type { Given } from '../cli/options.ts';
import { authoritiesOf, tlsOf } from '../cli/tls.ts';
import type { AdmissionConfig } from '../edge/admission/admission.ts';
import type { EdgeConfig } from '../edge/edge.ts';
import { readyChecks } from '../http/readiness.ts';
import { percentDecodeText } from '../http/text.ts';
import type { Range } from '../net/allow.ts';
import { adminPassword, adminUser } from '../operator/password.ts';
import type { FleetMember } from '../page/fleet.ts';
import type { PageOptions } from '../page/page.ts';
import type { ProcessRole } from '../process/app.ts';
import { UsageError } from '../process/problems.ts';
import type { RecordConfig } from '../recording/flight-recorder.ts';
import type { RelayConfig } from '../relay/relay.ts';

/** Other processes on one page. */
const MAX_FLEET = 50;

/** Who may push to a relay, and who may subscribe. */
export function allowedOf(given: Given): Required<Pick<RelayConfig, 'allowIn' | 'allowOut'>> {
  const [both, into, out] = ['allow', 'allow-in', 'allow-out'].map((option) => ranges(`--${option}`, given.all(option)));
  return { allowIn: [...both!, ...into!], allowOut: [...both!, ...out!] };
}

/** The proxies in front of the HTTP ports, as --trusted-proxy names them. */
export function trustedProxiesOf(given: Given): readonly Range[] {
  return ranges('--trusted-proxy', given.all('trusted-proxy'));
}

/** The processes of --fleet; undefined: none. */
export function fleetOf(given: Given): PageOptions['fleet'] {
  const members = given.all('fleet').map((text): FleetMember => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') throw new UsageError(`--fleet must be http://HOST:PORT or https://admin:PASSWORD@HOST:PORT, not "${withoutPassword(text)}"`);
    const auth = url.username === '' && url.password === '' ? undefined : `${percentDecodeText(url.username)}:${percentDecodeText(url.password)}`;
    const own = new URL(url.href);
    [own.username, own.password] = ['', ''];
    if (!own.pathname.endsWith('/')) own.pathname += '/';
    return { url: own, auth };
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
export function servingOf(given: GivenWithFile): Pick<EdgeConfig, 'tls' | 'trustedProxies' | 'ready' | 'workers' | 'settings' | 'policies' | 'admission' | 'adminUser' | 'adminPassword' | 'accessLog' | 'record'> {
  const { settings, policies, listeners } = configOf(given);
  return {
    tls: tlsOf(given),
    trustedProxies: trustedProxiesOf(given),
    ready: readyOf(given, 'edge'),
    workers: workerCount('--workers', given.one('workers')),
    settings,
    policies: policiesOf(given, policies),
    admission: admissionOf(given, listeners),
    adminUser: adminUser(given, 'admin-user'),
    adminPassword: adminPassword(given, 'admin-password'),
    accessLog: accessLogOf(given),
    record: recordOf(given),
  };
}

/** Who may listen; `old` is what another file says. */
export function admissionOf(given: Given, mounts: MountListeners, old: Pick<AdmissionConfig, 'allow' | 'deny'> = {}): AdmissionConfig {
  const [allow, deny] = ['listener-allow', 'listener-deny'].map((option) => {
    if (given.one(option) === '') throw new UsageError(`--${option} must not be empty`);
    return given.one(option);
  });
  return { allow: allow ?? old.allow, deny: deny ?? old.deny, mounts, ca: authoritiesOf(given) };
}

/** What --access-log asks for. */
export function accessLogOf(given: Given): AccessLogConfig | undefined {
  const [file, text] = [given.one('access-log'), given.one('access-log-format')];
  if (file === undefined && text !== undefined) throw new UsageError('--access-log-format needs --access-log');
  if (file === '') throw new UsageError('--access-log must not be empty');
  const format = accessLogFormats.find((one) => one === (text ?? 'combined'));
  if (format === undefined) throw new UsageError(`--access-log-format must be one of ${accessLogFormats.join(', ')}, not "${text}"`);
  return file === undefined ? undefined : { file, format };
}

/** What --record asks for. */
export function recordOf(given: Given): RecordConfig | undefined {
  const directory = given.one('record');
  if (directory === undefined && given.has('no-audio')) throw new UsageError('--no-audio needs --record');
  return directory === undefined ? undefined : { directory, audio: given.has('no-audio') ? 'left-out' : 'whole' };
}
