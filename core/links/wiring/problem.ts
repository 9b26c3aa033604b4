import type { PeerRole } from '../peers/peer.ts';
import { MessageType } from '../../wire/pdu.ts';
import type { Introduction, LookedFor } from './first-bytes.ts';

/** Who should be at the other end of a connection. */
export type Expected = PeerRole | LookedFor;

/** What is wrong about a connection. */
export type WiringProblem =
  /** We push to the outgoing port of a relay. */
  | 'target-is-out-port'
  /** Somebody pushes to our outgoing port. */
  | 'source-on-out-port'
  /** Somebody is connected to our incoming port, and sends nothing. */
  | 'silent-on-in-port'
  /** One of our programs looks for a relay's outgoing port at our incoming one. */
  | 'subscriber-on-in-port'
  /** The relay that we subscribe to sends nothing, and answers no question. */
  | 'relay-is-silent'
  /** We are connected to something else than a relay. */
  | 'peer-is-http'
  | 'peer-is-tls'
  | 'peer-is-foreign'
  /** Something else than an encoder, a relay or an edge is connected to us. */
  | 'client-is-http'
  | 'client-is-tls'
  | 'client-is-foreign'
  /** Two addresses lead to one process. */
  | 'same-relay'
  /** A relay is connected to itself. */
  | 'own-relay';

/** An edge, or another relay, says which titles were set there, what it wants, and what it knows of segments. */
const saidBack: ReadonlySet<number> = new Set([MessageType.TITLE, MessageType.WANTS, MessageType.MOMENT, MessageType.BREAKS]);

/** What is wrong when this is how a connection begins; undefined: nothing. */
export function problemOf(expected: Expected, introduction: Introduction): WiringProblem | undefined {
  const dialled = expected === 'target' || expected === 'relay';
  switch (introduction.kind) {
    case 'http-answer':
      return dialled ? 'peer-is-http' : 'client-is-foreign';
    case 'http-request':
      return dialled ? 'peer-is-foreign' : 'client-is-http';
    case 'tls':
      return dialled ? 'peer-is-tls' : 'client-is-tls';
    case 'foreign':
      return dialled ? 'peer-is-foreign' : 'client-is-foreign';
    case 'question':
      return expected === 'source' && introduction.lookedFor === 'relay' ? 'subscriber-on-in-port' : undefined;
    case 'hello':
      return expected === 'target' && introduction.hello.side === 'out' ? 'target-is-out-port' : undefined;
    case 'message':
      if (expected === 'target') return introduction.type === MessageType.ACK ? undefined : 'target-is-out-port';
      return expected === 'subscriber' && !saidBack.has(introduction.type) ? 'source-on-out-port' : undefined;
    case 'waits':
      return expected === 'subscriber' ? 'source-on-out-port' : undefined;
  }
}
