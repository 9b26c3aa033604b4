import { documentReply } from '../icecast/document.ts';
import { titleAnswer, titleUpdate } from '../icecast/title-update.ts';
import { htmlReply, type Reply } from '../http/message/reply.ts';
import type { HttpRequest } from '../http/request.ts';
import { mountIn } from '../http/message/request-target.ts';
import type { Route } from '../http/router.ts';
import type { OperatorGuard } from '../operations/operator/allowed.ts';

export interface RelayTitleOptions {
  readonly allowed: OperatorGuard;
  readonly hasMount: (name: string) => boolean;
  /** False when it is not taken. */
  readonly set: (mount: string, title: string, request: HttpRequest) => boolean;
}

/** `/admin/metadata` at a relay: the title of a mountpoint, for all its listeners and encoders. */
export function relayTitleRoutes({ allowed, hasMount, set }: RelayTitleOptions): readonly Route[] {
  const update = (request: HttpRequest): Reply => {
    const { target } = request;
    const title = titleUpdate(target);
    if ('problem' in title) return htmlReply(400, title.problem);
    const mount = mountIn(target);
    if (mount === undefined) return htmlReply(400, 'Missing parameter');
    if (!hasMount(mount)) return htmlReply(400, 'Source does not exist');
    return documentReply(titleAnswer(set(mount, title.title, request)), 'xml');
  };
  const of = (at: string, inAddress: boolean): Route => ({ at, methods: ['GET', 'POST'], isChange: true, who: allowed({ voice: htmlReply, isChange: true, inAddress }), handle: update });
  return [of('admin/metadata', false), of('admin.cgi', true)];
}
