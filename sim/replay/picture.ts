import { PictureBuilder, type LaneDraft } from '../picture/builder.ts';
import type { Picture } from '../picture/data.ts';
import { MountsFollower } from '../picture/lanes/mounts.ts';
import { wordingOf } from '../picture/wording.ts';
import { describeAir, describeProof, describeStretch, isInFocus, isWell, type Focus } from './describe.ts';
import { BUCKET_US, type ReplayLog, type Told } from './log.ts';
import { StreamNames } from './names.ts';
import type { Stretch } from './replay.ts';
import type { Outcomes } from './what-if.ts';

export interface Replayed {
  readonly file: string;
  readonly originUs: number;
  readonly stretches: readonly Stretch[];
  readonly log: ReplayLog;
  readonly outcomes: Outcomes | undefined;
  readonly focus: Focus;
}

/** Mountpoints that have lanes, those to which something happened before the others. */
const MOST_MOUNTS = 40;

/** The picture of a replay: what was, and below it what would have been. */
export function pictureOf({ file, originUs, stretches, log, outcomes, focus }: Replayed): Picture {
  const builder = new PictureBuilder();
  const untilUs = Math.max(...stretches.map((stretch) => stretch.untilUs));
  const fromMs = 1_000 * focus.fromS;
  const untilMs = Math.max(fromMs + 1, Math.min(1_000 * focus.toS, (untilUs - originUs) / 1_000));
  new LogLanes(builder, log, originUs, focus, 'As it was').draw();
  if (outcomes !== undefined) new LogLanes(builder, outcomes.wouldBe, originUs, focus, 'What if').draw();
  const isGood = stretches.every(isWell);
  return builder.build({
    title: `Replay of ${file}`,
    story: stretches.map((stretch) => describeStretch(stretch, originUs)[0]!).join('; '),
    verdict: isGood ? { tone: 'good', text: 'identical to the recording' } : { tone: 'bad', text: 'differs from the recording' },
    summary: [...stretches.flatMap((stretch) => describeProof(stretch, originUs)), ...describeAir(log, originUs, focus).slice(0, MOST_MOUNTS)],
    facts: [['recording', file], ['began', stretches[0]!.generations[0]!.head.wallTime], ['version', stretches[0]!.generations[0]!.head.version]],
    fromMs,
    untilMs,
    folded: [],
  });
}

/** The lanes of one log: mountpoints, what they gave out, and paths. */
class LogLanes {
  readonly #builder: PictureBuilder;
  readonly #log: ReplayLog;
  readonly #originUs: number;
  readonly #focus: Focus;
  readonly #group: string;
  readonly #names: StreamNames;
  readonly #paths = new Map<string, LaneDraft>();
  readonly #open = new Map<string, number>();

  constructor(builder: PictureBuilder, log: ReplayLog, originUs: number, focus: Focus, group: string) {
    this.#builder = builder;
    this.#log = log;
    this.#originUs = originUs;
    this.#focus = focus;
    this.#group = group;
    this.#names = new StreamNames(log);
  }

  draw(): void {
    const mounts = this.#mounts();
    const streams = this.#streams();
    const hueOf = (name: string): number | undefined => (streams.includes(name) ? streams.indexOf(name) : undefined);
    const follower = new MountsFollower(this.#builder, this.#group, mounts, hueOf);
    for (const mount of mounts) this.#drawProgramme(mount);
    for (const { atUs, there } of this.#log.beginnings) {
      for (const { mount, stream } of there.mounts) follower.event(this.#ms(atUs), 'mount-started', { mount, stream: this.#names.of(stream) });
      for (const label of there.paths) this.#path(label, atUs, 1);
    }
    for (const told of this.#log.told) {
      const { fields } = this.#names.readable(told);
      follower.event(this.#ms(told.atUs), told.kind, fields);
      this.#follow(told);
      if (isInFocus(told, this.#originUs, this.#focus)) this.#mark(told, follower, fields);
    }
  }

  /** Its text has streams by their names; its fields are as they were told. */
  #mark({ atUs, kind, fields }: Told, follower: MountsFollower, readable: Told['fields']): void {
    const label = String(fields['label']);
    const lane = follower.laneOf(fields['mount']) ?? (kind.startsWith('path-') ? this.#paths.get(label) : undefined);
    this.#builder.mark({ atMs: this.#ms(atUs), kind, who: this.#group, fields, lanes: lane === undefined ? [] : [lane], ...wordingOf(kind, readable) });
  }

  #follow({ atUs, kind, fields }: Told): void {
    if (kind === 'path-opened') this.#path(String(fields['label']), atUs, 1);
    else if (kind === 'path-closed') this.#path(String(fields['label']), atUs, -1);
  }

  /** One peer can have several connections. */
  #path(label: string, atUs: number, more: number): void {
    const lane = this.#paths.get(label) ?? this.#builder.lane({ kind: 'path', group: `${this.#group}: paths`, name: label });
    this.#paths.set(label, lane);
    const open = Math.max(0, (this.#open.get(label) ?? 0) + more);
    this.#open.set(label, open);
    lane.enter(this.#ms(atUs), open > 0 ? { state: 'connected', tone: 'idle' } : { state: 'no connection', tone: 'bad', label: 'no connection' });
  }

  #drawProgramme(mount: string): void {
    const air = this.#log.air.get(mount);
    if (air === undefined) return;
    const lane = this.#builder.lane({ kind: 'buffer', group: this.#group, name: `given out: /${mount}` });
    const everyMs = BUCKET_US / 1_000;
    const values = Array.from(air.perBucketUs, (us) => (us ?? 0) / 1_000);
    lane.series.push({ name: `/${mount}`, unit: 'ms', shape: 'bars', fromMs: this.#ms(air.firstBucketUs), everyMs, values });
  }

  #mounts(): readonly string[] {
    const { mount } = this.#focus;
    const counts = new Map([...this.#log.air.keys()].map((name) => [name, 0]));
    for (const { mounts } of this.#log.beginnings.map(({ there }) => there)) for (const { mount: name } of mounts) counts.set(name, counts.get(name) ?? 0);
    for (const { fields } of this.#log.told) {
      const name = fields['mount'];
      if (typeof name === 'string' && counts.has(name)) counts.set(name, counts.get(name)! + 1);
    }
    const names = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
    return mount === undefined ? names.slice(0, MOST_MOUNTS) : names.filter((name) => name === mount);
  }

  #streams(): readonly string[] {
    const there = this.#log.beginnings.flatMap(({ there }) => there.mounts.map(({ stream }) => stream));
    const told = this.#log.told.flatMap(({ fields }) => [fields['stream'], fields['to']]).filter((name) => typeof name === 'string' && name !== '');
    return [...new Set([...there, ...(told as string[])])].map((stream) => this.#names.of(stream));
  }

  #ms(atUs: number): number {
    return (atUs - this.#originUs) / 1_000;
  }
}
