import { run } from '../../../sim/cli/run.ts';

/** What a command of the simulator said, and its exit status, without a process of its own. */
export async function sim(...args: string[]): Promise<{ status: number; out: string; problems: string[] }> {
  const lines: string[] = [];
  const problems: string[] = [];
  const status = await run(args, { out: (text) => lines.push(text), problem: (text) => problems.push(text) });
  return { status, out: lines.join('\n'), problems };
}
