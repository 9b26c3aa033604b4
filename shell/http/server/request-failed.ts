import type { Log } from '../../log/log.ts';
import { stackOf } from '../../process/problems.ts';
import { finish, formatReply, htmlReply } from '../message/reply.ts';
import type { HttpRequest } from '../request.ts';

const failed = htmlReply(500, 'This request has failed here; the log says why');

/** For a request that has made us fail: the log says why, and whoever asks is told so, unless an answer has begun. Everybody else is served on. */
export function requestFailed({ socket, head, from }: Pick<HttpRequest, 'socket' | 'head' | 'from'>, error: unknown, log: Log, hasBegun: boolean = false): void {
  log({ kind: 'request-failed', from, method: head.method, target: head.target, error: stackOf(error) });
  if (hasBegun) socket.destroy();
  else finish(socket, formatReply(failed, head.method));
}
