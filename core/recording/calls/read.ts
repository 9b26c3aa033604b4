import type { Micros } from '../../base/units.ts';
import { CallReader } from './bytes.ts';
import { BACKLOGS, callsOf, type CallAt, type CallDefinition } from './calls.ts';
import type { RecordedRole } from '../file/format.ts';
import { WireError, type ByteReader } from '../file/wire.ts';

/** One call of a machine, as it was recorded. */
export type Call = CallAt & { readonly answers: Answers };

/** What the sink said, each time it was asked for a backlog in a call, where that was not 0: by how often it had been asked. */
export type Answers = ReadonlyMap<number, number>;

const NO_ANSWERS: Answers = new Map();

/** All calls of a block, of a machine of this role. Throws a WireError when that is no block of calls. */
export function readCalls(bytes: Uint8Array, role: RecordedRole): Call[] {
  const kinds = kindsOf(role);
  const reader = new CallReader(bytes);
  const calls: Call[] = [];
  let now = reader.varint();
  while (reader.left > 0) {
    const kind = reader.byte();
    if (kind === BACKLOGS) {
      const last = calls.pop();
      if (last === undefined) throw new WireError('answers without a call');
      calls.push({ ...last, answers: readAnswers(reader) });
      continue;
    }
    const { name, call, isRedacted } = kinds.get(kind) ?? unknownKind(role, kind);
    now += reader.varint();
    reader.isRedacted = isRedacted;
    calls.push({ now: now as Micros, answers: NO_ANSWERS, kind: name, args: call.read(reader) } as unknown as Call);
  }
  return calls;
}

interface Kind {
  readonly name: string;
  readonly call: CallDefinition;
  readonly isRedacted: boolean;
}

function kindsOf(role: RecordedRole): ReadonlyMap<number, Kind> {
  const kinds = new Map<number, Kind>();
  for (const [name, call] of Object.entries(callsOf(role))) {
    kinds.set(call.kind, { name, call, isRedacted: false });
    if (call.redaction !== undefined) kinds.set(call.redaction.kind, { name, call, isRedacted: true });
  }
  return kinds;
}

function unknownKind(role: RecordedRole, kind: number): never {
  throw new WireError(`there is no call ${kind} of ${role === 'edge' ? 'an edge' : 'a relay'}`);
}

function readAnswers(reader: ByteReader): Answers {
  const count = reader.varint();
  return new Map(Array.from({ length: count }, () => [reader.varint(), reader.varint()]));
}
