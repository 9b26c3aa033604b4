import { anybody } from './auth/guards.ts';
import { htmlReply, textReply, type Reply } from './message/reply.ts';
import type { Route } from './router.ts';

/** What every role answers at its HTTP port. */
export const commonRoutes: readonly Route[] = [
  // That it is answered says all: the process is there, and its event loop goes on.
  { at: 'healthz', methods: ['GET', 'HEAD'], who: anybody, handle: () => textReply(200, 'ok\n') },
];

/** The answer of every role with pages to all other addresses. */
export const notFound: Reply = htmlReply(404, 'The file you requested could not be found');
