import type { EventSink, ProcessEvent } from './events.ts';
import { stackOf } from '../process/problems.ts';

/**
 * Gives each event to everybody who has joined, in the order of joining.
 *
 *     machine, sockets, HTTP -> tell -> the log
 *                                    -> whoever joins: figures, pages, streams of events
 *
 * The log comes first. Whoever else fails at an event is let go, and everybody goes on: a machine is in the middle of a call.
 * All others have had the event before they are told of the failure.
 */
export class EventFanOut {
  readonly #log: EventSink;
  readonly #joined = new Set<EventSink>();

  constructor(log: EventSink) {
    this.#log = log;
  }

  readonly tell: EventSink = (event) => {
    this.#log(event);
    const failures: ProcessEvent[] = [];
    for (const sink of this.#joined) {
      try {
        sink(event);
      } catch (error) {
        this.#joined.delete(sink);
        failures.push({ kind: 'event-sink-failed', error: stackOf(error) });
      }
    }
    for (const failure of failures) this.tell(failure);
  };

  /** Ends with what it gives back. */
  join(sink: EventSink): () => void {
    this.#joined.add(sink);
    return () => void this.#joined.delete(sink);
  }
}
