import type { Snapshot } from '../base/snapshot.ts';
import type { Micros } from '../base/units.ts';
import { answerOf, type CallDefinition } from './calls/calls.ts';
import type { Recordable, Recorder } from './recorder.ts';

/** What can be called from outside. */
export type Public<M> = Pick<M, keyof M>;

type Method = (now: Micros, a?: unknown, b?: unknown, c?: unknown) => unknown;

/**
 * The same machine, of which every call that is in the table is written down before it is made. All else it is asked goes straight to it.
 */
export function recorded<M extends Recordable>(machine: M, calls: Readonly<Record<string, CallDefinition>>, recorder: Recorder): Public<M> {
  const wrapper = {};
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(machine)))) {
    const { get, value: method } = property as { readonly get?: () => unknown; readonly value?: Method };
    const call = calls[name];
    if (get !== undefined) Object.defineProperty(wrapper, name, { get: () => get.call(machine) });
    else if (call !== undefined) Object.defineProperty(wrapper, name, { value: recordedCall(machine, method!, uniform(call), recorder) });
    else if (name !== 'constructor' && name !== 'snapshot') Object.defineProperty(wrapper, name, { value: method!.bind(machine) });
  }
  // When it is restored, its recording begins with the state that it has then.
  const snapshot = (a: Snapshot): void => {
    machine.snapshot(a);
    if (a.isLoading) recorder.resume();
  };
  return Object.defineProperty(wrapper, 'snapshot', { value: snapshot }) as Public<M>;
}

function recordedCall(machine: object, method: Method, call: CallDefinition, recorder: Recorder): Method {
  return (now, a, b, c) => {
    recorder.begin(call, now, a, b, c);
    const answer = method.call(machine, now, a, b, c);
    recorder.end(call, answerOf(answer), a, b, c);
    return answer;
  };
}

/** The same with all fields in one order: one that is not there is found missing as fast as one that is. */
function uniform({ kind, write, read, isAnswered, redaction, before, after }: CallDefinition): CallDefinition {
  return { kind, write, read, isAnswered, redaction, before, after } as CallDefinition;
}
