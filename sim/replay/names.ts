import { streamFields } from '../../core/edge/events.ts';
import type { ReplayLog, Told } from './log.ts';

const DIGITS = 4;
const isId = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);

/** What streams are called in a replay: by their encoders, where something that was told names those. */
export class StreamNames {
  readonly #named = new Map<string, { readonly origin: string; readonly source: string }>();
  readonly #texts = new Map<string, string>();

  constructor(log: Pick<ReplayLog, 'told' | 'beginnings'>) {
    for (const { there } of log.beginnings) for (const { stream, origin, source } of there.mounts) this.#learn(stream, origin, source);
    for (const { fields } of log.told) for (const [id, origin, source] of streamFields) this.#learn(fields[id], fields[origin], fields[source]);
    const texts = [...this.#named.values()].map(textOf);
    for (const [id, named] of this.#named) {
      const text = textOf(named);
      // An encoder that was started again has another stream.
      const isAlone = texts.filter((other) => other === text).length === 1;
      this.#texts.set(id, isAlone ? text : `${text} ${id.slice(0, DIGITS)}`);
    }
  }

  /** Of a stream; anything else is called as it is. */
  of(id: string): string {
    return this.#texts.get(id) ?? id;
  }

  /** The same with streams by their names, and their encoders no further. */
  readable({ atUs, kind, fields }: Told): Told {
    const named: Record<string, unknown> = { ...fields };
    for (const [id, origin, source] of streamFields) {
      const stream = fields[id];
      if (!isId(stream) || !this.#texts.has(stream)) continue;
      named[id] = this.of(stream);
      delete named[origin];
      delete named[source];
    }
    return { atUs, kind, fields: named };
  }

  /** The newest that is known: an encoder may say only later who it is. */
  #learn(id: unknown, origin: unknown, source: unknown): void {
    if (!isId(id)) return;
    const before = this.#named.get(id);
    const known = { origin: (typeof origin === 'string' && origin) || before?.origin || '', source: (typeof source === 'string' && source) || before?.source || '' };
    if (known.origin !== '' || known.source !== '') this.#named.set(id, known);
  }
}

function textOf({ origin, source }: { readonly origin: string; readonly source: string }): string {
  return origin === '' || source === '' ? origin + source : `${origin} (${source})`;
}
