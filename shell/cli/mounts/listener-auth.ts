import { DEFAULT_AUTH_HEADER } from '../../icecast/auth-service/source-auth.ts';
import type { Credentials } from '../../http/auth/basic-auth.ts';

/** A file of users, a line each: `user:hash`. */
export interface HtpasswdConfig {
  readonly kind: 'htpasswd';
  readonly file: string;
}

/** A web service that is asked about each listener, as Icecast's `<authentication type="url">`. */
export interface UrlAuthConfig {
  readonly kind: 'url';
  /** Asked before a listener is admitted; where there is none, all are. */
  readonly add?: URL;
  /** Told of each listener that has left. */
  readonly remove?: URL;
  /** For the service itself, by Basic authentication; that of the listener, unless given. */
  readonly login?: Credentials;
  /** How the header of an answer begins that admits a listener. */
  readonly authHeader: string;
  /** How the header of an answer begins that says for how many seconds. */
  readonly timelimitHeader: string;
  /** Headers of the listener's request that the service is told, under their names behind the prefix. */
  readonly headers: readonly string[];
  readonly headerPrefix: string;
  /** What becomes of listeners while the service does not answer. */
  readonly whenDown: 'refuse' | 'admit';
  /** What this server is called; its host name, unless given. */
  readonly server?: string;
}

/** How listeners of a mountpoint say who they are. */
export type ListenerAuth = (HtpasswdConfig | UrlAuthConfig) & {
  /** A user who listens already is refused. */
  readonly onePerUser?: boolean;
};

/** As Icecast has it where nothing else is configured. */
export const urlAuthDefaults: UrlAuthConfig = {
  kind: 'url',
  authHeader: DEFAULT_AUTH_HEADER,
  timelimitHeader: 'icecast-auth-timelimit:',
  headers: [],
  headerPrefix: '',
  whenDown: 'refuse',
};
