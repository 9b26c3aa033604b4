import { otherReadersTexts } from '../../process/open-to-others.ts';
import { mountKey } from '../../cli/config/config.ts';
import type { ConfigFile } from '../../cli/config/config-file.ts';
import { SOURCE_KEY } from '../../cli/mounts/mount-sources.ts';
import { upstreamEndpoint, targetEndpoint } from '../../cli/options/arguments.ts';
import type { Endpoint } from '../../net/addresses/address.ts';
import { linkCertificates } from '../../net/keys/link-certificates.ts';
import { OwnKey, type OwnKeyConfig } from '../../net/keys/own-key.ts';
import { PeerKeys } from '../../net/keys/file/peer-keys.ts';
import { OwnSigningKey, VerifyKeys, type SignConfig } from '../../net/keys/signing/signing-keys.ts';
import { checkLogins } from '../../net/nats/login.ts';
import { Certificates } from '../../net/tls/certificates.ts';
import type { Log } from '../../log/log.ts';
import { Problems, UsageError } from '../../process/problems.ts';

/** Options that name such files, or have a login in one. */
export const namingFiles: ReadonlySet<string> = new Set(['key', 'keys', 'sign', 'verify', 'link-cert', 'link-key', 'link-ca', 'tls-cert', 'tls-key', 'to', 'relay', 'upstream', 'peer']);

/** What reads files when a process starts. */
interface Reader {
  start(): Promise<void>;
  stop?(): void;
}

interface Check {
  /** Of the key that names the file: `FILE:LINE:COLUMN: key`. */
  readonly where: string;
  readonly reader: Reader;
}

/** What a role makes of the file, as far as it says how its keys are used. */
export interface RoleFiles {
  readonly key?: OwnKeyConfig | undefined;
  readonly sign?: SignConfig | undefined;
}

/** The checks of all files with keys, certificates and logins that a configuration file names; none where it names none. They are read as a process reads them when it starts. */
export class ConfigFiles {
  readonly #checks: Check[] = [];
  readonly #notes: string[] = [];
  readonly #log: Log = (event) => {
    if (event.kind === 'file-exposed') this.#notes.push(`${event.file}: can be read by ${otherReadersTexts[event.readBy].whom}, who can speak by its keys then: ${otherReadersTexts[event.readBy].mend}`);
    if (event.kind === 'file-doubtful') this.#notes.push(`${event.file}: ${event.problem}`);
    if (event.kind === 'certificate-expired') this.#notes.push(`${event.file}: has expired on ${event.until}`);
  };

  constructor(file: ConfigFile, { key, sign }: RoleFiles = {}) {
    const { options, sources } = file;
    const log = this.#log;
    const one = (option: string): string | undefined => options.get(option)?.texts[0];
    const add = (option: string, reader: Reader): void => void this.#checks.push({ where: options.get(option)!.where, reader });
    const [own, keys, signing, verify, cert, certKey, ca] = ['key', 'keys', 'sign', 'verify', 'link-cert', 'link-key', 'link-ca'].map(one);
    if (own !== undefined) add('key', new OwnKey(key !== undefined && 'file' in key.from ? key : { from: { file: own }, plainTo: [] }, log));
    if (keys !== undefined) add('keys', new PeerKeys(keys, log, cert !== undefined));
    if (signing !== undefined) add('sign', new OwnSigningKey(sign ?? { file: signing, mounts: [] }, log));
    if (verify !== undefined) add('verify', new VerifyKeys(verify, log));
    if (cert !== undefined && certKey !== undefined && ca !== undefined) add('link-cert', linkCertificates({ cert, key: certKey, ca }, log));
    const [certs = [], certKeys = []] = ['tls-cert', 'tls-key'].map((option) => options.get(option)?.texts);
    for (const [at, pem] of certs.entries()) if (certKeys[at] !== undefined) add('tls-cert', new Certificates({ files: [{ cert: pem, key: certKeys[at] }], log }));
    for (const option of ['to', 'relay', 'upstream', 'peer']) {
      for (const text of options.get(option)?.texts ?? []) this.#addLogin(options.get(option)!.where, option === 'to' ? targetEndpoint(option, text) : upstreamEndpoint(option, text));
    }
    for (const [name, { to = [] }] of sources) for (const endpoint of to) this.#addLogin(mountKey({ file }, name, `${SOURCE_KEY}.to`), endpoint);
  }

  get isEmpty(): boolean {
    return this.#checks.length === 0;
  }

  /** What else there is to know of them, in lines. Rejects with a UsageError that has all that is wrong with them, a line each. */
  async check(): Promise<readonly string[]> {
    const problems = new Problems();
    for (const { where, reader } of this.#checks) {
      const failed = await reader.start().catch((error: unknown) => error);
      reader.stop?.();
      if (failed === undefined) continue;
      if (!(failed instanceof UsageError)) throw failed;
      for (const line of failed.message.split('\n')) problems.add(`${where}: ${line}`);
    }
    problems.throwAll();
    return this.#notes;
  }

  #addLogin(where: string, endpoint: Endpoint): void {
    if (endpoint.transport === 'nats' && endpoint.login !== undefined && 'file' in endpoint.login) this.#checks.push({ where, reader: { start: () => checkLogins([endpoint]) } });
  }
}
