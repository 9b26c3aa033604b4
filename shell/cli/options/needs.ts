import { Problems } from '../../process/problems.ts';
import type { Given, Option } from './options.ts';

/** An option as help, manual and schema have it: what it needs stands in front of what it does, unless it does so already. */
export function withNeeds(option: Option): Option {
  const { needs, help } = option;
  return needs === undefined || help.startsWith(`with ${listOf(needs)}`) ? option : { ...option, help: `with ${listOf(needs)}: ${help}` };
}

/** Whether any of these can be said at all: one of the options is among `options`, or it is a variable of the environment. */
export function canBeMet(needs: readonly string[], options: readonly Option[]): boolean {
  return needs.some((need) => isVariable(need) || options.some(({ name }) => name === need));
}

/**
 * Throws a UsageError with a line for each option that does nothing, because none of those that it needs is given. In a configuration file, which may
 * be that of a whole site, an option may also stand for another command that takes it by itself.
 *
 * @param others options of all commands.
 */
export function refuseUseless(given: Given, own: readonly Option[], others: readonly Option[] = []): void {
  const isForOthers = (name: string): boolean => given.where?.(name) !== undefined && others.some((other) => other.name === name && other.needs === undefined);
  const isMet = (need: string): boolean => (isVariable(need) ? (process.env[need] ?? '') !== '' : given.has(need));
  const problems = new Problems();
  for (const { name, needs } of own) {
    if (needs === undefined || !given.has(name) || needs.some(isMet) || isForOthers(name)) continue;
    problems.add(`--${name} needs ${listOf(needs)}`);
  }
  problems.throwAll();
}

/** Option names are in small letters. */
function isVariable(need: string): boolean {
  return /^[A-Z_]+$/.test(need);
}

function listOf(needs: readonly string[]): string {
  const names = needs.map((need) => (isVariable(need) ? need : `--${need}`));
  return [names.slice(0, -1).join(', '), names.at(-1)].filter((part) => part !== '').join(' or ');
}
