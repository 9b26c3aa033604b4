import type { WiringProblem } from '../../../core/links/wiring/problem.ts';

export interface WiringText {
  readonly found: string;
  /** What the operator has to do. */
  readonly change: string;
}

const texts: Readonly<Record<WiringProblem, WiringText>> = {
  'target-is-out-port': { found: 'the target is the outgoing port of a relay', change: 'send to the incoming port of the relay (--in)' },
  'source-on-out-port': { found: 'it sends to the outgoing port, where nothing is taken in', change: 'connect the encoder to the incoming port (--in)' },
  'silent-on-in-port': { found: 'it is connected to the incoming port and has sent nothing', change: 'if it is an edge or a relay, connect it to the outgoing port (--out); an encoder of the original is silent while it has no source' },
  'subscriber-on-in-port': { found: 'an edge or a relay reads from the incoming port, which gives nothing out', change: 'connect it to the outgoing port (--out)' },
  'relay-is-silent': { found: 'connected, but nothing was received', change: 'check that this is the outgoing port of a relay (--out), not its incoming one, and that it wants no key (--key); a relay of the original is silent while it has no stream' },
  'peer-is-http': { found: 'an HTTP server answers, such as Icecast or an edge', change: 'use the port of a relay: --out for edges and relays, --in for encoders' },
  'peer-is-tls': { found: 'the other end speaks TLS: a relay that wants a key, or another server', change: 'if it is a relay, give this process a key (--key, or --link-cert), or have it name this address in --plain-from; if not, use the port of a relay: --out for edges and relays, --in for encoders' },
  'peer-is-foreign': { found: 'a program answers that is no relay', change: 'use the port of a relay: --out for edges and relays, --in for encoders' },
  'client-is-http': { found: 'an HTTP request at the port of a relay', change: 'connect players and servers to the HTTP port of an edge, source clients to the port of an encoder (--listen)' },
  'client-is-tls': { found: 'a TLS handshake at the port of a relay', change: 'give this process the keys of its peers (--keys), or let them connect to it without a key or certificate (--plain-to)' },
  'client-is-foreign': { found: 'it sends what is no message of the Davecast protocol', change: 'connect only encoders, relays and edges to a relay' },
  'same-relay': { found: 'two addresses lead to the same relay: one of them is no redundancy', change: 'give two different relays' },
  'own-relay': { found: 'the relay is connected to itself', change: 'subscribe to another relay' },
};

/** What is wrong about a connection, and what to change. */
export function wiringText(problem: WiringProblem): WiringText {
  return texts[problem];
}
