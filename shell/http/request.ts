import type net from 'node:net';
import type { Client } from './callers/client.ts';
import type { RequestHead } from './message/head.ts';
import type { KeptReply } from './message/kept-reply.ts';
import type { Reply } from './message/reply.ts';
import type { RequestTarget } from './message/request-target.ts';

/** What a route is asked, with the connection that it came by. */
export interface HttpRequest {
  readonly head: RequestHead;
  readonly target: RequestTarget;
  /** Paused until somebody answers. */
  readonly socket: net.Socket;
  /** What came behind the head. */
  readonly rest: Uint8Array;
  readonly client: Client;
  /** Who asks, for events: address and port. */
  readonly from: string;
  /** Answers it later, once the handler has said `taken`. */
  readonly answer: (reply: Reply | KeptReply) => void;
}
