import type { SignatureFault } from './checks.ts';

/** Why messages of a stream were refused that had to be signed. */
export type UnprovenReason = 'no-signature' | Exclude<SignatureFault, 'none'>;

/** What is reported of streams that have to be signed; of a peer at once, and then once a minute. */
export type ProofEvent =
  /** A relay has brought messages that are not what their encoder has signed, or a wrong signature; `given` of them were given out before that was known. What it brings is held until it is verified. */
  | { readonly kind: 'relay-forges'; readonly label: string; readonly mount: string; readonly stream: string; readonly messages: number; readonly given: number }
  /** Messages were refused, for no good signature has come for them. */
  | { readonly kind: 'stream-unproven'; readonly label: string; readonly mount: string; readonly stream: string; readonly why: UnprovenReason; readonly messages: number };
