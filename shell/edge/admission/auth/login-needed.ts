import { htmlReply, type Reply } from '../../../http/reply.ts';

/** For a listener who has not said who it is, or is nobody who may listen. */
export const loginNeeded: Reply = htmlReply(401, 'You need to authenticate', [['WWW-Authenticate', 'Basic realm="Davecast"']]);
