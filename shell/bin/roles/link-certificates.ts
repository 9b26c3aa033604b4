import { filledOf } from '../../cli/options/arguments.ts';
import type { Given, Option } from '../../cli/options/options.ts';
import type { LinkFiles } from '../../net/keys/link-certificates.ts';
import { UsageError } from '../../process/problems.ts';

/** Of a process with links. @param them what it connects to. */
export function linkCertificateOptions(them: string): readonly Option[] {
  return [
    { name: 'link-cert', value: 'FILE', help: `show this certificate, in PEM, to ${them}, by TLS 1.3, instead of a key; and, at a relay or station with --keys, to those who connect, who show theirs: lines of the keys file without a key are peers by the name of their certificate. It is followed by those that lead to its authority, and is read again when it has changed, and at SIGHUP; needs --link-key and --link-ca (default: none)` },
    { name: 'link-key', value: 'FILE', help: 'private key of --link-cert, in PEM and without a passphrase' },
    { name: 'link-ca', value: 'FILE', help: 'certificates of the authorities, in PEM, of which the certificates at the other ends of links must be' },
  ];
}

/** The three files; undefined when there are none. */
export function linkFilesOf(given: Given): LinkFiles | undefined {
  const names = ['link-cert', 'link-key', 'link-ca'] as const;
  const missing = names.filter((name) => !given.has(name));
  if (missing.length === names.length) return undefined;
  const there = names.find((name) => given.has(name))!;
  if (missing.length > 0) throw new UsageError(`--${there} needs ${missing.map((name) => `--${name}`).join(' and ')}`);
  const [cert, key, ca] = names.map((name) => filledOf(given, name)!);
  return { cert: cert!, key: key!, ca: ca! };
}
