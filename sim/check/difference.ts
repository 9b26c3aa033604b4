import { describe, type Happening } from './happening.ts';
import type { Comparison } from './lock-step.ts';
import type { Discord } from './streams.ts';

/** Of a line that is no event: what is shown before the place where the sides differ, and from there on. */
const BEFORE_CHARACTERS = 80;
const FROM_CHARACTERS = 240;

/** What differs, for people: each side's event, then what led to it, the latest first. */
export function describeDifference({ events, difference }: Comparison): string {
  const sides = difference?.sides ?? [];
  const told = sides.flatMap(({ name, causes }) => side(name, causes.length === 0 ? ['end of the run'] : chain(causes)));
  return [`the first ${events} events are identical, the next one differs:`, ...told].join('\n');
}

/** The same of lines that other processes told; those that are no events are the scenario and the outcome of a seed. */
export function describeDiscord({ seed, lines }: Discord): string {
  const from = Math.max(0, commonLength(lines.map(({ text }) => text ?? '')) - BEFORE_CHARACTERS);
  const excerpt = (text: string): string => `${from > 0 ? '…' : ''}${text.slice(from, from + BEFORE_CHARACTERS + FROM_CHARACTERS)}`;
  const told = lines.flatMap(({ name, text, causes }) =>
    side(name, causes.length > 0 ? chain(causes) : [text === undefined ? 'end of the run' : excerpt(text)]),
  );
  return [`Seed ${seed}: the runs differ from here on:`, ...told].join('\n');
}

function commonLength([first = '', ...others]: readonly string[]): number {
  let length = 0;
  while (length < first.length && others.every((other) => other[length] === first[length])) length++;
  return length;
}

function side(name: string, lines: readonly string[]): string[] {
  return ['', `${name}:`, ...lines.map((line) => `  ${line}`)];
}

function chain([event, ...causes]: readonly Happening[]): string[] {
  const before = causes.flatMap(describe).map((line) => `  ${line}`);
  return [...describe(event!), ...(before.length === 0 ? [] : ['caused by', ...before])];
}
