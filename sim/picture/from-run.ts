import type { Conditions } from '../world/path.ts';
import type { Run } from '../run/simulation.ts';
import type { Note } from '../world/trace.ts';
import { PictureBuilder, type LaneDraft, type MarkDraft } from './builder.ts';
import type { Fields, Picture } from './data.ts';
import type { PathFollower } from './lanes/paths.ts';
import { MOST_LISTENERS, RunLanes } from './lanes/run-lanes.ts';
import type { Sampler } from './lanes/sampler.ts';
import { span, wordingOf } from './wording.ts';

/** The picture of a run, with what was measured while it went on. */
export function pictureOf(run: Run, sampler: Sampler): Picture {
  const builder = new PictureBuilder();
  const lanes = new RunLanes(run, sampler, builder);
  const story = new RunStory(run, lanes, builder);
  for (const note of run.notes) story.note(note);
  story.end();
  const { scenario, seed, simulatedS, traceHash, ok, violations, listeners } = run;
  const without = listeners.length - lanes.listeners.length;
  return builder.build({
    title: `${scenario.name}, seed ${seed}`,
    story: scenario.story,
    verdict: ok ? { tone: 'good', text: 'ok' } : { tone: 'bad', text: `${violations.length} violated` },
    summary: [...violations.slice(0, 5).map(({ rule, what }) => `${rule}: ${what}`), ...listeners.slice(0, MOST_LISTENERS).map(heard)],
    facts: [
      ['seed', String(seed)],
      ['virtual time', `${simulatedS} s`],
      ['trace', traceHash],
      ['buffers sampled every', span(sampler.everyMs)],
      ...Object.entries(scenario.drawn ?? {}).flatMap(([name, value]) => (isPlain(value) ? [[name, String(value)] as const] : [])),
      ...(without > 0 ? [['listeners without a lane', String(without)] as const] : []),
    ],
    fromMs: 0,
    untilMs: 1000 * simulatedS,
    folded: lanes.folded,
  });
}

/** Tells every note of a run to the lanes that it is about, and marks it there. */
class RunStory {
  readonly #run: Run;
  readonly #lanes: RunLanes;
  readonly #builder: PictureBuilder;
  /** The latest mark of its kind: of a host's or path's fault, of an edge's switch to a stream. */
  readonly #latest = new Map<string, MarkDraft>();

  constructor(run: Run, lanes: RunLanes, builder: PictureBuilder) {
    this.#run = run;
    this.#lanes = lanes;
    this.#builder = builder;
  }

  note(note: Note): void {
    const { atMs, actor, kind, fields } = note;
    if (actor === 'fault') return this.#fault(note);
    const paths = this.#pathsOf(actor, kind, fields);
    if (isOfDialer(kind)) for (const path of paths) path.connection(atMs, kind === 'connected');
    const mounts = this.#lanes.mounts.get(actor);
    mounts?.event(atMs, kind, fields);
    const lane = mounts?.laneOf(fields['mount']) ?? this.#lanes.of(actor);
    const lanes = paths.length > 0 ? paths.map(({ options }) => options.lane) : lane === undefined ? [] : [lane];
    const mark = this.#mark(this.#completed(note), lanes);
    if (kind === 'switch') this.#latest.set(`${actor} ${String(fields['to'])}`, mark);
    if (kind === 'splice') this.#explain(actor, fields, mark);
  }

  end(): void {
    for (const host of this.#lanes.hosts.values()) host.until(1000 * this.#run.simulatedS);
    for (const { atMs, rule, what } of this.#run.violations) {
      this.#mark({ atMs, actor: 'oracle', kind: 'violation', fields: { rule, what } }, [this.#lanes.faults]);
    }
  }

  /** Done to a host, or to paths. */
  #fault(note: Note): void {
    const { atMs, kind, fields } = note;
    const ways = fields['ways'] as readonly { readonly from: string; readonly to: string }[] | undefined;
    if (ways === undefined) {
      const host = String(fields['host']);
      this.#lanes.hosts.get(host)?.fault(atMs, kind);
      if (kind === 'kill' || kind === 'vanish') this.#died(atMs, host);
      const lane = this.#lanes.of(host);
      return this.#remember(host, this.#mark(note, [this.#lanes.faults, ...(lane === undefined ? [] : [lane])]));
    }
    const hit = this.#lanes.paths.filter((path) => ways.map(({ from, to }) => happens(path, note, from, to)).includes(true));
    const isRepair = kind === 'change' && hit.length > 0 && hit.every(({ isItself }) => isItself);
    const lanes = [this.#lanes.faults, ...hit.map(({ options }) => options.lane)];
    this.#remember(JSON.stringify(ways), this.#mark(note, lanes, isRepair ? { tone: 'repair' } : {}));
  }

  /** What is repaired is linked with what was wrong. */
  #remember(about: string, mark: MarkDraft): void {
    const before = this.#latest.get(about);
    if (mark.tone === 'repair' && before !== undefined) this.#builder.link(mark, before);
    this.#latest.set(about, mark);
  }

  #died(atMs: number, host: string): void {
    this.#lanes.mounts.get(host)?.edgeDied(atMs);
    for (const path of this.#lanes.paths) if (path.options.dialer === host) path.dialerDied(atMs);
  }

  #mark({ atMs, actor, kind, fields }: Note, lanes: readonly LaneDraft[], otherwise: Partial<MarkDraft> = {}): MarkDraft {
    // Told when it is over; what is done to an encoder is called the same.
    const at = kind === 'silence' && 'fromMs' in fields ? Number(fields['fromMs']) : atMs;
    return this.#builder.mark({ atMs: at, kind, who: actor, fields, lanes, ...wordingOf(kind, fields), ...otherwise });
  }

  /** A splice's report also knows what could not be decoded behind it. */
  #completed(note: Note): Note {
    if (note.kind !== 'splice') return note;
    const reports = this.#run.listeners.filter(({ name }) => name === note.actor).flatMap(({ switches }) => switches);
    const garbledMs = reports.find(({ atMs }) => atMs === note.atMs)?.garbledMs;
    return { ...note, fields: { ...note.fields, garbledMs } };
  }

  /** A listener's splice is explained by its edge's switch. */
  #explain(listener: string, fields: Fields, mark: MarkDraft): void {
    const edge = this.#run.scenario.topology.listeners.find(({ name }) => name === listener)?.edge;
    const cause = this.#latest.get(`${edge} ${String(fields['to'])}`);
    if (cause !== undefined && fields['from'] !== fields['to']) this.#builder.link(mark, cause);
  }

  /** The path that an event is about, told by who reports it and whom it names. */
  #pathsOf(actor: string, kind: string, fields: Fields): PathFollower[] {
    if (kind.startsWith('listener-') || kind.startsWith('stream-')) return [];
    const other = fields['to'] ?? fields['label'];
    const between = this.#lanes.paths.filter(({ options: { from, to } }) => (from === actor && to === other) || (to === actor && from === other));
    return isOfDialer(kind) ? between.filter(({ options }) => options.dialer === actor) : between;
  }
}

/** False when that way is none of the path's. */
function happens(path: PathFollower, { atMs, kind, fields }: Note, from: string, to: string): boolean {
  if (kind === 'change') return path.change(atMs, from, to, fields['changes'] as Partial<Conditions>);
  if (kind === 'forget' || kind === 'recall') return path.forget(atMs, from, to, kind === 'forget');
  return path.cut(atMs, from, to, kind === 'cut');
}

function isOfDialer(kind: string): boolean {
  return kind === 'connecting' || kind === 'connected' || kind === 'disconnected';
}

/** Of what a seed has drawn, the outline of the topology is left out: the lanes show it. */
function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || (Array.isArray(value) && value.every((each) => typeof each !== 'object'));
}

function heard({ name, mount, disconnects, silenceMs, digitalSilenceMs, loopedMs, fallbackMs, longestStallMs, switches }: Run['listeners'][number]): string {
  const sum = (figure: (splice: (typeof switches)[number]) => number): string => span(switches.reduce((total, splice) => total + figure(splice), 0));
  const gaps = switches.filter(({ reason }) => reason === 'gap').length;
  const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`;
  const errors = switches.length === 0 ? '' : ` (${sum((splice) => splice.missingMs)} missing, ${sum((splice) => splice.repeatedMs)} repeated)`;
  return [
    `${name} on /${mount}: ${span(silenceMs)} of silence`,
    ...(digitalSilenceMs > 0 ? [`${span(digitalSilenceMs)} of digital silence`] : []),
    ...(fallbackMs > 0 ? [`${span(fallbackMs)} of the fallback`] : []),
    ...(loopedMs > 0 ? [`${span(loopedMs)} repeated by a frozen encoder`] : []),
    count(switches.length - gaps, 'switch', 'switches'),
    `${count(gaps, 'gap', 'gaps')}${errors}`,
    `${count(disconnects, 'disconnect', 'disconnects')}; longest stall ${span(longestStallMs)}`,
  ].join(', ');
}
