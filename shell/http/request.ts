import type net from 'node:net';
import type { Client } from './client.ts';
import type { RequestHead } from './head.ts';
import type { RequestTarget } from './request-target.ts';

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
}
