import { htmlReply, type HeaderLines, type Reply } from '../../../http/message/reply.ts';

/** Why somebody may not listen. Players in pages of other sites may read it: without that they take it for an error of the network. */
export function refusalReply(status: number, text: string, headers: HeaderLines = []): Reply {
  return htmlReply(status, text, [['Access-Control-Allow-Origin', '*'], ...headers]);
}
