import type { Generation } from '../../core/recording/file/read.ts';
import type { ReplayLog, Told } from './log.ts';
import type { Stretch } from './replay.ts';

/** Which part of a replay is to be told; times in seconds from the recording's beginning. */
export interface Focus {
  readonly mount: string | undefined;
  readonly fromS: number;
  readonly toS: number;
}

/** More lines than anybody reads. */
const MOST_LINES = 400;
/** What concerns the machine's surroundings, and is told whatever mountpoint is asked for. */
const surroundings: ReadonlySet<string> = new Set(['path-opened', 'path-closed', 'bound-hit', 'relay-lost', 'no-relay-left', 'relay-back']);

/** What a recording is: whose, from when to when, and why it ends. */
export function describeStretch({ generations, fromUs, untilUs, calls }: Stretch, originUs: number): string[] {
  const { head, state } = generations[0]!;
  const mark = generations.at(-1)!.mark;
  const begins = state.length === 0 ? 'from the start of the process' : `from its saved state${head.stateAudio === 'whole' ? '' : ' (without audio)'}`;
  const lines = [
    `${head.role} of davecast ${head.version}, ${seconds(fromUs, originUs)} to ${seconds(untilUs, originUs)} s, ${begins}: ${calls} calls`,
    `began ${head.wallTime}${head.audio === 'whole' ? '' : ', without audio'}`,
  ];
  if (mark !== undefined) lines.push(`frozen ${mark.wallTime}: ${mark.why}${mark.error === undefined ? '' : `: ${firstLine(mark.error)}`}`);
  return lines;
}

/** What was told, a line each. */
export function describeTold(told: readonly Told[], originUs: number, focus: Focus): string[] {
  const lines = told.filter((one) => isInFocus(one, originUs, focus)).map((one) => lineOf(one, originUs));
  if (lines.length <= MOST_LINES) return lines;
  const half = MOST_LINES / 2;
  return [...lines.slice(0, half), `  … ${lines.length - MOST_LINES} more lines: --from, --to and --mount show them …`, ...lines.slice(-half)];
}

/** What each mountpoint gave out. */
export function describeAir(log: ReplayLog, originUs: number, { mount }: Focus): string[] {
  return [...log.air.values()]
    .filter((air) => mount === undefined || air.mount === mount)
    .map((air) => {
      const switches = log.told.filter(({ kind, fields }) => kind === 'switch' && fields['mount'] === air.mount).length;
      const pause = `${Math.round(air.longestPauseUs / 1_000)} ms at ${seconds(air.longestPauseAtUs, originUs)} s`;
      return `/${air.mount}: ${(air.programmeUs / 1e6).toFixed(1)} s of programme in ${air.frames} frames, longest pause ${pause}, ${switches} switches`;
    });
}

/** Whether what came out is what had come out. */
export function describeProof({ blocks, blocksWithContent, states, divergence, failure, generations }: Stretch, originUs: number): string[] {
  const lines: string[] = [];
  if (failure !== undefined) {
    const recorded = generations.at(-1)!.mark?.error;
    const same = recorded !== undefined && firstLine(recorded) === firstLine(failure);
    lines.push(`${same ? 'fails as recorded' : 'FAILS'}: ${failure}`);
  }
  if (divergence === undefined) {
    const bytes = blocksWithContent === blocks ? 'to the byte' : `${blocksWithContent} of them to the byte, the others in events and lengths`;
    lines.push(`identical to the recording: ${blocks} fingerprints agree, ${bytes}${states === 0 ? '' : `; ${states} saved states agree`}`);
  } else {
    const what = { structure: 'the events differ', content: 'the output bytes differ', state: 'the saved state differs' }[divergence.what];
    lines.push(`DIFFERENT: from ${seconds(divergence.fromUs, originUs)} to ${seconds(divergence.untilUs, originUs)} s, ${what} (block at byte ${divergence.at})`);
  }
  return lines;
}

export function isWell({ divergence, failure, generations }: Stretch): boolean {
  if (divergence !== undefined) return false;
  return failure === undefined || generations.at(-1)!.mark?.why === 'failure';
}

export function originOf(generations: readonly Generation[]): number {
  return generations[0]?.head.atUs ?? 0;
}

export function isInFocus({ atUs, kind, fields }: Told, originUs: number, { mount, fromS, toS }: Focus): boolean {
  const atS = (atUs - originUs) / 1e6;
  if (atS < fromS || atS > toS) return false;
  return mount === undefined || surroundings.has(kind) || fields['mount'] === mount;
}

export function lineOf({ atUs, kind, fields }: Told, originUs: number): string {
  const told = Object.entries(fields).map(([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  return `${seconds(atUs, originUs).padStart(10)}  ${kind.padEnd(16)} ${told.join(', ')}`.trimEnd();
}

function seconds(atUs: number, originUs: number): string {
  return ((atUs - originUs) / 1e6).toFixed(3);
}

function firstLine(text: string): string {
  return text.split('\n')[0]!;
}
