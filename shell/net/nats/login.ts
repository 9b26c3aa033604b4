import type { NatsLogin } from '../addresses/nats-address.ts';
import { formatEndpoint, type Endpoint } from '../addresses/address.ts';
import { messageOf, Problems } from '../../process/problems.ts';
import { readSmallFile } from '../../process/files/small-file.ts';

/** What a server is shown: secrets, which no log may have. */
export type Credentials =
  | { readonly kind: 'user'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'creds' | 'nkey'; readonly text: string };

/** A file of credentials has about a kilobyte. */
const MAX_BYTES = 65_536;
/** A seed in base 32: S, the kind, and 56 characters more (github.com/nats-io/nkeys). */
const SEED = /\bS[A-Z][A-Z2-7]{56}\b/;

/** Rejects with a UsageError that has a line for each login of these whose file cannot be used. */
export async function checkLogins(endpoints: readonly Endpoint[]): Promise<void> {
  const problems = new Problems();
  for (const endpoint of endpoints) {
    if (endpoint.transport === 'nats') await credentialsOf(endpoint.login).catch((error: unknown) => problems.add(`${formatEndpoint(endpoint)}: ${messageOf(error)}`));
  }
  problems.throwAll();
}

/** Reads the file of a login anew. Rejects with a line that names it, and says nothing of what is in it. */
export async function credentialsOf(login: NatsLogin | undefined): Promise<Credentials | undefined> {
  if (login === undefined || !('file' in login)) return login;
  const { kind, file } = login;
  const text = await readSmallFile(file, { maxBytes: MAX_BYTES, encoding: 'utf8', problem: (message) => new Error(message) });
  if (kind === 'creds') {
    if (!text.includes('BEGIN NATS USER JWT') || !SEED.test(text)) throw new Error(`${file}: is no file of credentials: no user JWT, or no seed`);
    return { kind, text };
  }
  if (kind === 'nkey') {
    const [seed] = SEED.exec(text) ?? [];
    if (seed === undefined) throw new Error(`${file}: has no seed of an nkey`);
    return { kind, text: seed };
  }
  const line = text.split('\n', 1)[0]!.trim();
  if (line === '') throw new Error(`${file}: its first line is empty`);
  const cut = line.indexOf(':');
  return cut < 0 ? { kind: 'token', token: line } : { kind: 'user', user: line.slice(0, cut), password: line.slice(cut + 1) };
}
