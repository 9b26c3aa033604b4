import { documentReply, iceResponse } from '../icecast/document.ts';
import { TITLE_UPDATED, titleUpdate } from '../icecast/title-update.ts';
import { htmlReply, type Reply } from '../http/reply.ts';
import type { HttpRequest } from '../http/request.ts';
import { mountIn } from '../http/request-target.ts';
import type { Route } from '../http/router.ts';
import type { OperatorGuard } from '../operator/allowed.ts';

export interface RelayTitleOptions {
  readonly allowed: OperatorGuard;
  readonly hasMount: (name: string) => boolean;
  readonly set: (mount: string, title: string, request: HttpRequest) => void;
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
    set(mount, title.title, request);
    return documentReply(iceResponse(TITLE_UPDATED, true), 'xml');
  };
  const of = (at: string, inAddress: boolean): Route => ({ at, methods: ['GET', 'POST'], isChange: true, who: allowed({ voice: htmlReply, isChange: true, inAddress }), handle: update });
  return [of('admin/metadata', false), of('admin.cgi', true)];
}
