import type { Refusal } from '../../../log/events.ts';
import type { Credentials } from '../../../http/auth/basic-auth.ts';
import type { Reply } from '../../../http/message/reply.ts';
import type { HttpRequest } from '../../../http/request.ts';

/** A listener who is not known yet. */
export interface Unknown {
  /** The number that operators know it by. */
  readonly client: number;
  /** Without its leading slash. */
  readonly mount: string;
  readonly request: HttpRequest;
  /** What it says of itself; undefined when it says nothing. */
  readonly credentials: Credentials | undefined;
  /** It has left while it was waiting: nobody needs to ask about it any more. */
  readonly isGone: () => boolean;
}

/** What became of a listener that was admitted. */
export interface Heard {
  readonly connectedMs: number;
  readonly bytes: number;
}

/** One who was admitted, and could not join. */
export const notHeard: Heard = { connectedMs: 0, bytes: 0 };

export interface Admitted {
  readonly isAdmitted: true;
  /** It is disconnected after so long; undefined: as its mountpoint has it. */
  readonly durationMs?: number | undefined;
  /** To be called once, when it has left, or could not join. */
  readonly left?: (how: Heard) => void;
  /** What `restore` of the same authenticator in another process needs for it. Plain data. */
  readonly memory?: unknown;
}

export interface NotAdmitted {
  readonly isAdmitted: false;
  readonly reply: Reply;
  /** For the log. */
  readonly why: string;
  /** What it is counted by; undefined for one who has only to say who it is. */
  readonly refusal?: Refusal;
}

/** Says of each listener of one mountpoint whether it may listen. It does not reject. */
export interface Authenticator {
  admit(unknown: Unknown): Promise<Admitted | NotAdmitted>;
  /** One that it has admitted in another process, by what that has kept in mind. Gives what `left` of the verdict was. */
  restore(memory: unknown): Admitted['left'];
  /** Lets go of what is going on, after so long at most. */
  stop(limitMs: number): Promise<void>;
}
