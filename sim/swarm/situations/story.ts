import type { ListenerReport } from '../../machines/listener.ts';
import type { Note } from '../../world/trace.ts';

/** What situations are looked for in: a run's notes by their kind, its listeners, and what its edges saw besides. */
export class Story {
  readonly listeners: readonly ListenerReport[];
  readonly sightings: Readonly<Record<string, number>>;
  readonly #notes: readonly Note[];
  readonly #byKind = new Map<string, Note[]>();
  #paths: readonly OpenPaths[] | undefined;

  constructor({ listeners, notes, sightings }: { readonly listeners: readonly ListenerReport[]; readonly notes: readonly Note[]; readonly sightings: Readonly<Record<string, number>> }) {
    this.listeners = listeners;
    this.sightings = sightings;
    this.#notes = notes;
    for (const note of notes) {
      const known = this.#byKind.get(note.kind);
      if (known === undefined) this.#byKind.set(note.kind, [note]);
      else known.push(note);
    }
  }

  /** In the order in which they were made; those that tell of a fault have the actor 'fault'. */
  of(kind: string): readonly Note[] {
    return this.#byKind.get(kind) ?? [];
  }

  /** How many notes of a kind are so. */
  count(kind: string, isSo: (note: Note) => boolean = () => true): number {
    return this.of(kind).filter((note) => isSo(note)).length;
  }

  /** How many paths somebody had open at a time, with what happened then included. */
  openPaths(actor: string, atMs: number): number {
    this.#paths ??= openPathsOver(this.#notes);
    let open = 0;
    for (const each of this.#paths) {
      if (each.atMs > atMs) break;
      if (each.actor === actor) open = each.open;
    }
    return open;
  }
}

interface OpenPaths {
  readonly atMs: number;
  readonly actor: string;
  readonly open: number;
}

function openPathsOver(notes: readonly Note[]): OpenPaths[] {
  const open = new Map<string, number>();
  const changes: OpenPaths[] = [];
  const set = (atMs: number, actor: string, count: number): void => {
    open.set(actor, count);
    changes.push({ atMs, actor, open: count });
  };
  for (const { atMs, actor, kind, fields } of notes) {
    if (kind === 'path-opened') set(atMs, actor, (open.get(actor) ?? 0) + 1);
    else if (kind === 'path-closed') set(atMs, actor, (open.get(actor) ?? 0) - 1);
    else if (actor === 'fault' && (kind === 'kill' || kind === 'vanish')) set(atMs, String(fields['host']), 0);
  }
  return changes;
}
