import type { Credentials } from '../../http/auth/basic-auth.ts';

/** A web service that is asked about source clients of one mountpoint, and told when it begins and ends: that of Icecast's `<authentication type="url">`. */
export interface SourceAuthConfig {
  /** Asked before a source, or a title by its login, is accepted: then no password counts. Where there is none, passwords do. */
  readonly streamAuth?: URL;
  /** Told that the mountpoint has a source. */
  readonly mountAdd?: URL;
  /** Told that it has none any more. */
  readonly mountRemove?: URL;
  /** For the service itself, by Basic authentication; that of the source client, unless given. */
  readonly login?: Credentials;
  /** How the header of an answer begins that accepts a source. */
  readonly authHeader: string;
  /** What this server is called; its host name, unless given. */
  readonly server?: string;
}

/** As Icecast has it where nothing else is configured. */
export const DEFAULT_AUTH_HEADER = 'icecast-auth-user: 1';
