import type { Reply } from '../../../http/message/reply.ts';
import { refusalReply } from './refusal-reply.ts';

/** For a listener who has not said who it is, or is nobody who may listen. */
export const loginNeeded: Reply = refusalReply(401, 'You need to authenticate', [['WWW-Authenticate', 'Basic realm="Davecast"']]);
