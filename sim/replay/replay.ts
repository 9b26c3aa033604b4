import { readCalls } from '../../core/recording/calls/read.ts';
import type { CallsBlock, Generation, Recording } from '../../core/recording/file/read.ts';
import type { Recorder } from '../../core/recording/recorder.ts';
import { Player, type Watcher } from './player.ts';

/** Where what came out was not what had come out. */
export interface Divergence {
  /** Machine time between which it lies. */
  readonly fromUs: number;
  readonly untilUs: number;
  /** 'structure': other times, lengths or events; 'content': other bytes; 'state': the machine is in another one. */
  readonly what: 'structure' | 'content' | 'state';
  /** Where the block begins in the file; of a state, the block before it. */
  readonly at: number;
}

/** Generations that were played one after the other by one machine. */
export interface Stretch {
  readonly generations: readonly Generation[];
  readonly fromUs: number;
  readonly untilUs: number;
  readonly calls: number;
  /** Fingerprints that were compared, and of how many of them the bytes could be compared too. */
  readonly blocks: number;
  readonly blocksWithContent: number;
  /** Of how many generations the machine was in the very state that they begin with. */
  readonly states: number;
  readonly divergence: Divergence | undefined;
  /** What the machine threw; nothing is played after that. */
  readonly failure: string | undefined;
}

export const nobody: Watcher = { begins: () => {}, event: () => {}, onAir: () => {} };

/** Plays a recording by the core that is here, and holds what comes out against what came out then. */
export function replay(recording: Recording, watcher: Watcher = nobody): Stretch[] {
  return stretchesOf(recording.generations).map((generations) => playStretch(generations, watcher, undefined));
}

/** Generations that go on where the one before ends are one stretch. */
export function stretchesOf(generations: readonly Generation[]): Generation[][] {
  const stretches: Generation[][] = [];
  for (const generation of generations) {
    if (generation.isContinuation) stretches.at(-1)!.push(generation);
    else stretches.push([generation]);
  }
  return stretches;
}

/** One stretch, which can be recorded anew at the same time. */
export function playStretch(generations: readonly Generation[], watcher: Watcher, recorder: Recorder | undefined): Stretch {
  const first = generations[0]!;
  const player = new Player(first, watcher, recorder && { recorder });
  const comparison = new Comparison(first);
  let untilUs = first.head.atUs;
  let calls = 0;
  let failure: string | undefined;
  for (const [block, next] of blocksOf(generations)) {
    const fromUs = untilUs;
    try {
      for (const call of readCalls(block.calls, first.head.role)) {
        untilUs = call.now;
        calls++;
        player.play(call);
      }
    } catch (error) {
      failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    player.hash.is(player.machine.deadline);
    comparison.add(fromUs, untilUs, block, player.hash.take());
    if (failure !== undefined) break;
    if (next !== undefined) comparison.state(untilUs, block, next, player);
  }
  const { blocks, blocksWithContent, states, divergence } = comparison;
  return { generations, fromUs: first.head.atUs, untilUs, calls, blocks, blocksWithContent, states, divergence, failure };
}

/** Each with the generation that begins behind it, where one does. */
function blocksOf(generations: readonly Generation[]): (readonly [CallsBlock, Generation | undefined])[] {
  return generations.flatMap(({ blocks }, place) => blocks.map((block, i) => [block, i === blocks.length - 1 ? generations[place + 1] : undefined] as const));
}

interface Fingerprint {
  readonly structure: string;
  readonly content: string;
}

class Comparison {
  blocks = 0;
  blocksWithContent = 0;
  states = 0;
  divergence: Divergence | undefined;
  readonly #hasContent: boolean;
  readonly #contentFromUs: number;

  constructor({ head, state }: Generation) {
    this.#hasContent = head.audio === 'whole';
    const { ringMs, historyMs, forgetMs, burstMs } = head.settings;
    // What was held when the recording began, and is given out later, is not known when its audio was left out.
    const isKnown = state.length === 0 || head.stateAudio === 'whole';
    this.#contentFromUs = isKnown ? head.atUs : head.atUs + 1_000 * (Math.max(ringMs, historyMs) + forgetMs + burstMs);
  }

  /** The state that a generation begins with is the one that the machine is in now. */
  state(atUs: number, { at }: CallsBlock, { head, state }: Generation, player: Player): void {
    // Of audio that was left out on its way in, other bytes would be kept of what is held.
    if (head.audio === 'left-out') return;
    // Audio that was not known to begin with is not known here either.
    if (head.stateAudio === 'whole' && atUs < this.#contentFromUs) return;
    if (isSame(player.state(head), state)) this.states++;
    else this.divergence ??= { fromUs: atUs, untilUs: atUs, what: 'state', at };
  }

  add(fromUs: number, untilUs: number, block: Fingerprint & { readonly at: number }, played: Fingerprint): void {
    this.blocks++;
    if (block.structure !== played.structure) {
      this.divergence ??= { fromUs, untilUs, what: 'structure', at: block.at };
      return;
    }
    if (!this.#hasContent) return;
    const agrees = block.content === played.content;
    if (!agrees && fromUs < this.#contentFromUs) return;
    this.blocksWithContent++;
    if (!agrees) this.divergence ??= { fromUs, untilUs, what: 'content', at: block.at };
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
