import type { Segment } from '../../core/edge/segments/segment.ts';
import { simulate } from '../run/simulation.ts';
import { drawAgreement, type AgreementScenario } from './draw.ts';

/** What came of the segments of one seed. */
export interface Agreement {
  readonly seed: number;
  readonly isCalm: boolean;
  /** Encoders that say no time. */
  readonly originals: number;
  /** Segments that two edges both have, counted for each pair of edges. */
  readonly pairs: number;
  /** And of these, those that are the same in everything. */
  readonly same: number;
  /** Those that one edge has as a gap, and the other not. */
  readonly gaps: number;
  /** Those of which the two have counted another number of discontinuities, in all segments up to there. */
  readonly otherCounts: number;
  /** Parts of segments that two edges both have, where the streams can be had in parts, and those of them that are the same. */
  readonly parts: number;
  readonly sameParts: number;
  /** Where they differ: which segments of which edges. */
  readonly differing: readonly string[];
  /** What must never be. */
  readonly violations: readonly string[];
}

/** The longest frame there is: 1,152 samples at 32 kHz in MP3, 1,024 at 16 kHz in AAC. */
const MOST_FRAME_US = 64_000;

const PART_MS = 1_000;

/** As long as a ring is. */
const MOST_AGAIN_US = 12_000_000;

/** All that two edges made of one mountpoint, in the order of making; undefined where the numbers do not go on. */
type Made = (Segment | undefined)[];

/** Plays one seed, and compares what its edges have made. */
export function agreementOf(seed: number): Agreement {
  const scenario = withParts(drawAgreement(seed));
  const made = new Map<string, Made>();
  const parts = new Map<string, Made>();
  const run = simulate(scenario, {
    seed,
    onSegment: (edge, _mount, segment) => note(made, edge, segment),
    onPart: (edge, _mount, part) => note(parts, edge, part),
  });
  const slotUs = 1_000 * scenario.topology.settings!.hlsSegmentMs!;
  const violations = run.violations.map(({ rule, what }) => `${rule}: ${what}`);
  for (const [edge, segments] of made) violations.push(...wrongWith(segments, slotUs).map((what) => `${edge}: ${what}`));
  const comparisons = compareAll(made);
  const ofParts = compareAll(parts);
  const whatOf = (...wanted: readonly Comparison['verdict'][]): string[] => comparisons.filter(({ verdict }) => wanted.includes(verdict)).map(({ what }) => what);
  violations.push(...whatOf('other-time'));
  return {
    seed,
    isCalm: scenario.isCalm,
    originals: scenario.originals,
    pairs: comparisons.length,
    same: whatOf('same').length,
    gaps: whatOf('gap').length,
    otherCounts: comparisons.filter(({ isOtherCount }) => isOtherCount).length,
    parts: ofParts.length,
    sameParts: ofParts.filter(({ verdict }) => verdict === 'same').length,
    differing: whatOf('gap', 'other-bytes'),
    violations,
  };
}

function withParts(scenario: AgreementScenario): AgreementScenario {
  const { topology } = scenario;
  return { ...scenario, topology: { ...topology, settings: { ...topology.settings, hlsPartMs: PART_MS } } };
}

function note(made: Map<string, Made>, edge: string, segment: Segment | undefined): void {
  const before = made.get(edge);
  if (before === undefined) made.set(edge, [segment]);
  else before.push(segment);
}

/** Every two edges. */
function compareAll(made: ReadonlyMap<string, Made>): readonly Comparison[] {
  const edges = [...made.keys()].sort();
  return edges.flatMap((one, at) => edges.slice(at + 1).flatMap((other) => compare(made, one, other)));
}

interface Comparison {
  readonly verdict: 'same' | 'gap' | 'other-bytes' | 'other-time';
  readonly what: string;
  readonly isOtherCount: boolean;
}

function compare(made: ReadonlyMap<string, Made>, one: string, other: string): Comparison[] {
  const byNumber = new Map(made.get(other)!.flatMap((segment) => (segment === undefined ? [] : [[segment.number, segment] as const])));
  return made.get(one)!.flatMap((segment) => {
    const its = segment && byNumber.get(segment.number);
    return segment === undefined || its === undefined ? [] : [compareTwo(segment, its, `${one} and ${other}`)];
  });
}

function compareTwo(a: Segment, b: Segment, who: string): Comparison {
  return { ...judge(a, b, who), isOtherCount: a.discontinuities !== b.discontinuities };
}

function judge(a: Segment, b: Segment, who: string): Pick<Comparison, 'verdict' | 'what'> {
  const offUs = Math.max(Math.abs(a.startUs - b.startUs), Math.abs(a.durationUs - b.durationUs) / 2);
  if (offUs > MOST_FRAME_US) return { verdict: 'other-time', what: `${who}: segment ${a.number} begins at ${a.startUs} and ${b.startUs}, and takes ${a.durationUs} and ${b.durationUs} us` };
  if (a.isGap !== b.isGap) return { verdict: 'gap', what: `${who}: segment ${a.number} is a gap at one` };
  if (isSame(a, b)) return { verdict: 'same', what: '' };
  return { verdict: 'other-bytes', what: `${who}: segment ${a.number} has ${a.frames} and ${b.frames} frames` };
}

function isSame(a: Segment, b: Segment): boolean {
  if (a.startUs !== b.startUs || a.mediaUs !== b.mediaUs || a.durationUs !== b.durationUs || a.bytes.length !== b.bytes.length) return false;
  if (JSON.stringify(a.titles) !== JSON.stringify(b.titles)) return false;
  for (let i = 0; i < a.bytes.length; i++) if (a.bytes[i] !== b.bytes[i]) return false;
  return true;
}

/** What is wrong with the segments of one edge by themselves. */
function wrongWith(made: Made, slotUs: number): string[] {
  const wrong: string[] = [];
  let newest = 0;
  let before: Segment | undefined;
  for (const segment of made) {
    if (segment === undefined) {
      before = undefined;
      continue;
    }
    const { number, startUs, mediaUs, durationUs, isDiscontinuity } = segment;
    // One that is started again may make once more what it had just made.
    if (newest - number > MOST_AGAIN_US / slotUs) wrong.push(`segment ${number} comes behind ${newest}`);
    // An edge that was killed says nothing of an end: where it goes on is seen by the number.
    if (before !== undefined && number === before.number + 1 && Math.abs(before.startUs + before.durationUs - startUs) > MOST_FRAME_US) wrong.push(`segment ${number} does not begin where the one before it ends`);
    if (startUs - number * slotUs < 0 || startUs - number * slotUs > MOST_FRAME_US) wrong.push(`segment ${number} begins at ${startUs}`);
    if (Math.abs(durationUs - slotUs) > 2 * MOST_FRAME_US) wrong.push(`segment ${number} takes ${durationUs} us`);
    // One whose first frame is elsewhere in the programme than the slot says has been entered where the stream before it ended.
    if (isDiscontinuity && Math.abs(mediaUs - startUs) < 1_000) wrong.push(`segment ${number} does not continue the one before`);
    newest = Math.max(newest, number);
    before = segment;
  }
  return wrong;
}
