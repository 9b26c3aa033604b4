import type { Conditions } from '../path.ts';
import type { Run } from '../simulation.ts';
import type { ListenerSpec } from '../topology.ts';
import type { Note } from '../trace.ts';
import { PictureBuilder, type LaneDraft, type MarkDraft } from './builder.ts';
import { chartsOf } from './charts.ts';
import type { Fields, Picture } from './data.ts';
import { HostFollower } from './hosts.ts';
import { drawListener } from './listeners.ts';
import { MountsFollower } from './mounts.ts';
import { PathFollower } from './paths.ts';
import type { Sampler } from './sampler.ts';
import { span, wordingOf } from './wording.ts';

/** Beyond these, listeners to whom nothing happened get no lane of their own. */
const MOST_LISTENERS = 24;
/** With more edges than these, their buffers are folded up to begin with. */
const MOST_OPEN_EDGES = 2;

/** The picture of a run, with what was measured while it went on. */
export function pictureOf(run: Run, sampler: Sampler): Picture {
  return new RunPicture(run, sampler).draw();
}

class RunPicture {
  readonly #run: Run;
  readonly #sampler: Sampler;
  readonly #builder = new PictureBuilder();
  readonly #faults: LaneDraft;
  readonly #lanes = new Map<string, LaneDraft>();
  readonly #hosts = new Map<string, HostFollower>();
  readonly #paths: readonly PathFollower[];
  readonly #mounts = new Map<string, MountsFollower>();
  readonly #listeners: readonly ListenerSpec[];
  /** The latest mark of its kind: a host's fault, an edge's switch to a stream. */
  readonly #latest = new Map<string, MarkDraft>();
  readonly #folded: string[] = [];

  constructor(run: Run, sampler: Sampler) {
    this.#run = run;
    this.#sampler = sampler;
    const { encoders, relays, edges, listeners } = run.scenario.topology;
    this.#faults = this.#builder.lane({ kind: 'faults', group: 'What is done to it', name: 'faults', isKey: true });
    this.#listeners = worthALane(listeners, run.notes);
    for (const { name } of this.#listeners) this.#lane(name, { kind: 'listener', group: 'What is heard', isKey: true });
    for (const [hue, { name, startsAtS }] of encoders.entries()) {
      const lane = this.#lane(name, { kind: 'encoder', group: 'Encoders' });
      this.#hosts.set(name, new HostFollower({ lane, startsAtMs: 1000 * startsAtS, hue, label: (start) => `${name}#${start}` }));
    }
    for (const { name } of relays) this.#host(name, this.#lane(name, { kind: 'relay', group: 'Relays' }));
    for (const { name } of edges) {
      const group = `Edge ${name}`;
      const mounts = new Set(run.notes.filter(({ actor, kind }) => actor === name && kind === 'mount-started').map(({ fields }) => String(fields['mount'])));
      this.#mounts.set(name, new MountsFollower(this.#builder, group, [...mounts], (stream) => this.#hueOf(stream)));
      this.#host(name, this.#lane(name, { kind: 'edge', group }));
    }
    this.#paths = this.#drawPaths();
    this.#drawBuffers();
  }

  draw(): Picture {
    const { scenario, seed, simulatedS, traceHash, ok, violations, notes } = this.#run;
    for (const note of notes) this.#note(note);
    for (const host of this.#hosts.values()) host.until(1000 * simulatedS);
    for (const spec of this.#listeners) {
      const own = notes.filter(({ actor }) => actor === spec.name);
      drawListener(this.#lanes.get(spec.name)!, 1000 * spec.joinsAtS, own, (stream) => this.#hueOf(stream));
    }
    for (const { atMs, rule, what } of violations) this.#mark({ atMs, actor: 'oracle', kind: 'violation', fields: { rule, what } }, [this.#faults]);
    return this.#builder.build({
      title: `${scenario.name}, seed ${seed}`,
      story: scenario.story,
      verdict: ok ? { tone: 'good', text: 'all well' } : { tone: 'bad', text: `${violations.length} violated` },
      summary: [...this.#run.listeners.slice(0, MOST_LISTENERS).map(heard), ...violations.slice(0, 5).map(({ rule, what }) => `${rule}: ${what}`)],
      facts: [
        ['seed', String(seed)],
        ['virtual time', `${simulatedS} s`],
        ['trace', traceHash],
        ['buffers measured every', span(this.#sampler.everyMs)],
        ...(this.#listeners.length < scenario.topology.listeners.length
          ? [['listeners without a lane', String(scenario.topology.listeners.length - this.#listeners.length)] as const]
          : []),
      ],
      fromMs: 0,
      untilMs: 1000 * simulatedS,
      folded: this.#folded,
    });
  }

  #note(note: Note): void {
    const { atMs, actor, kind, fields } = note;
    if (actor === 'fault') return this.#fault(note);
    const paths = this.#pathsOf(actor, kind, fields);
    if (isOfDialer(kind)) for (const path of paths) path.connection(atMs, kind === 'connected');
    const mounts = this.#mounts.get(actor);
    mounts?.event(atMs, kind, fields);
    const lane = mounts?.laneOf(fields['mount']) ?? this.#lanes.get(actor);
    const isAboutPath = paths.length > 0 && kind !== 'target-lost';
    const lanes = isAboutPath ? paths.map(({ options }) => options.lane) : lane === undefined ? [] : [lane];
    const mark = this.#mark(this.#completed(note), lanes);
    if (kind === 'switch') this.#latest.set(`${actor} ${String(fields['to'])}`, mark);
    if (kind === 'splice') this.#explain(actor, fields, mark);
  }

  #fault(note: Note): void {
    const { atMs, kind, fields } = note;
    const lanes = [this.#faults];
    let isRepair = false;
    let about = String(fields['host']);
    if ('host' in fields) {
      this.#hosts.get(about)?.fault(atMs, kind);
      lanes.push(...[this.#lanes.get(about)].filter((lane) => lane !== undefined));
      if (kind === 'kill' || kind === 'vanish') this.#died(atMs, about);
    } else {
      const ways = fields['ways'] as readonly { readonly from: string; readonly to: string }[];
      const hit = this.#paths.filter((path) =>
        ways
          .map(({ from, to }) =>
            kind === 'change' ? path.change(atMs, from, to, fields['changes'] as Partial<Conditions>) : path.cut(atMs, from, to, kind === 'cut'),
          )
          .includes(true),
      );
      lanes.push(...hit.map(({ options }) => options.lane));
      isRepair = kind === 'change' && hit.length > 0 && hit.every(({ isItself }) => isItself);
      about = JSON.stringify(ways);
    }
    const mark = this.#mark(note, lanes, isRepair ? { tone: 'repair' } : {});
    const before = this.#latest.get(about);
    if (mark.tone === 'repair' && before !== undefined) this.#builder.link(mark, before);
    this.#latest.set(about, mark);
  }

  #died(atMs: number, host: string): void {
    this.#mounts.get(host)?.edgeDied(atMs);
    for (const path of this.#paths) if (path.options.dialer === host) path.dialerDied(atMs);
  }

  #mark({ atMs, actor, kind, fields }: Note, lanes: readonly LaneDraft[], otherwise: Partial<MarkDraft> = {}): MarkDraft {
    const at = kind === 'silence' ? Number(fields['fromMs']) : atMs;
    return this.#builder.mark({ atMs: at, kind, who: actor, fields, lanes, ...wordingOf(kind, fields), ...otherwise });
  }

  /** A splice's report also knows what could not be decoded behind it. */
  #completed(note: Note): Note {
    if (note.kind !== 'splice') return note;
    const report = this.#run.listeners.find(({ name, switches }) => name === note.actor && switches.some(({ atMs }) => atMs === note.atMs));
    const garbledMs = report?.switches.find(({ atMs }) => atMs === note.atMs)?.garbledMs;
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
    const between = this.#paths.filter(({ options: { from, to } }) => (from === actor && to === other) || (to === actor && from === other));
    return isOfDialer(kind) ? between.filter(({ options }) => options.dialer === actor) : between;
  }

  #drawPaths(): PathFollower[] {
    const { encoders, relays, edges, listeners, paths: specs = [] } = this.#run.scenario.topology;
    const group = 'Paths';
    const follow = (from: string, to: string, dialer: string | undefined, transport: 'tcp' | 'udp' = 'tcp'): PathFollower => {
      const lane = this.#builder.lane({ kind: 'path', group, name: `${from} → ${to}${transport === 'udp' ? ' (udp)' : ''}` });
      const losses = this.#sampler.lossesOf(from, to);
      if (losses !== undefined) lane.series.push(losses);
      return new PathFollower({ lane, from, to, transport, dialer, specs });
    };
    const harmed = new Set(
      this.#run.notes
        .filter(({ actor, fields }) => actor === 'fault' && 'ways' in fields)
        .flatMap(({ fields }) => (fields['ways'] as readonly { readonly from: string; readonly to: string }[]).map(({ from, to }) => `${from} ${to}`)),
    );
    return [
      ...encoders.flatMap(({ name, to }) => to.map(({ relay, transport }) => follow(name, relay, name, transport))),
      ...relays.flatMap(({ name, upstream }) => upstream.map((from) => follow(from, name, name))),
      ...edges.flatMap(({ name, relays }) => relays.map((from) => follow(from, name, name))),
      // To listeners only where something happens on the way.
      ...listeners
        .filter(({ name, edge }) => harmed.has(`${edge} ${name}`) || harmed.has(`${name} ${edge}`))
        .slice(0, MOST_LISTENERS)
        .map(({ name, edge }) => follow(edge, name, undefined)),
    ];
  }

  #drawBuffers(): void {
    const { edges } = this.#run.scenario.topology;
    for (const { name } of edges) {
      const group = `Buffers of ${name}`;
      chartsOf(this.#builder, group, name, this.#sampler, (stream) => this.#hueOf(stream));
      if (edges.length > MOST_OPEN_EDGES) this.#folded.push(group);
    }
    const group = "Players' buffers";
    for (const { name } of this.#listeners) {
      const lane = this.#builder.lane({ kind: 'buffer', group, name: `${name}: yet to play` });
      lane.series.push(...this.#sampler.seriesOf(name, 'player', { unit: 'ms' }));
    }
    if (this.#listeners.length > MOST_OPEN_EDGES) this.#folded.push(group);
  }

  #lane(name: string, options: { readonly kind: 'encoder' | 'relay' | 'edge' | 'listener'; readonly group: string; readonly isKey?: boolean }): LaneDraft {
    const lane = this.#builder.lane({ ...options, name });
    this.#lanes.set(name, lane);
    return lane;
  }

  #host(name: string, lane: LaneDraft): void {
    this.#hosts.set(name, new HostFollower({ lane, startsAtMs: 0 }));
  }

  /** Streams are named after their encoders: enc-a#2 is the second start of enc-a. */
  #hueOf(stream: string): number | undefined {
    const encoder = stream.slice(0, stream.lastIndexOf('#'));
    const hue = this.#run.scenario.topology.encoders.findIndex(({ name }) => name === encoder);
    return hue < 0 ? undefined : hue;
  }
}

function isOfDialer(kind: string): boolean {
  return kind === 'connecting' || kind === 'connected' || kind === 'disconnected';
}

/** All of them, or, where there are too many, first those to whom something happened. */
function worthALane(listeners: readonly ListenerSpec[], notes: readonly Note[]): readonly ListenerSpec[] {
  if (listeners.length <= MOST_LISTENERS) return listeners;
  const hit = new Set(notes.filter(({ kind }) => kind === 'splice' || kind === 'silence' || kind === 'disconnected').map(({ actor }) => actor));
  const chosen = new Set([...listeners.filter(({ name }) => hit.has(name)), ...listeners].slice(0, MOST_LISTENERS));
  return listeners.filter((each) => chosen.has(each));
}

function heard({ name, mount, disconnects, silenceMs, longestStallMs, switches }: Run['listeners'][number]): string {
  const sum = (figure: (splice: (typeof switches)[number]) => number): string => span(switches.reduce((total, splice) => total + figure(splice), 0));
  const times = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
  const gaps = switches.filter(({ reason }) => reason === 'gap').length;
  const errors = switches.length === 0 ? '' : ` (${sum((splice) => splice.missingMs)} missing, ${sum((splice) => splice.repeatedMs)} repeated)`;
  const heard = [`${span(silenceMs)} of silence`, times(switches.length - gaps, 'switch').replace('switchs', 'switches'), `${times(gaps, 'gap')}${errors}`, times(disconnects, 'disconnect')];
  return `${name} on /${mount}: ${heard.join(', ')}; at most ${span(longestStallMs)} without a byte`;
}
