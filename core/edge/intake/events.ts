/** What is reported of mountpoints that are taken in on demand. */
export type DemandEvent =
  /** Its first listener asks: it is taken in from now on. */
  { readonly kind: 'mount-asked'; readonly mount: string };

/** What is reported of the relays that an edge is connected to. */
export type RelaysEvent =
  /** One is lost, and so many are left. */
  | { readonly kind: 'relay-lost'; readonly label: string; readonly reason: string; readonly left: number }
  /** None is left, or has been for `forMs`: told at once, of a start after ten seconds, and every minute. `label` is the one that was lost last, or is not reached. */
  | { readonly kind: 'no-relay-left'; readonly label: string; readonly reason: string; readonly forMs: number }
  /** One that was lost, or another one, is connected; `forMs`: for so long there was none. */
  | { readonly kind: 'relay-back'; readonly label: string; readonly relays: number; readonly forMs: number };
