/** A file of users, a line each: `user:hash`. */
export interface HtpasswdConfig {
  readonly kind: 'htpasswd';
  readonly file: string;
  /** A user who listens already is refused. */
  readonly onePerUser: boolean;
}

/** How listeners of a mountpoint say who they are. */
export type ListenerAuth = HtpasswdConfig;
