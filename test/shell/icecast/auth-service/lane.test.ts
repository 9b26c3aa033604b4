import { expect, it } from 'vitest';
import { Crowded, Lane } from '../../../../shell/icecast/auth-service/lane.ts';

interface Rig {
  readonly lane: Lane;
  readonly begun: string[];
  readonly refused: string[];
  run(key: string, name: string): Promise<string | undefined>;
  /** Ends the task that was begun first. */
  end(): Promise<void>;
}

function rig(atOnce: number, maxWaiting: number): Rig {
  const lane = new Lane(atOnce, maxWaiting);
  const [begun, refused, ends] = [[] as string[], [] as string[], [] as (() => void)[]];
  const task = (name: string) => (): Promise<string> => {
    begun.push(name);
    return new Promise((resolve) => ends.push(() => resolve(name)));
  };
  const run = (key: string, name: string): Promise<string | undefined> => lane.run(key, task(name)).catch((error: unknown) => {
    expect(error).toBeInstanceOf(Crowded);
    refused.push(name);
    return undefined;
  });
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const end = async (): Promise<void> => {
    ends.shift()!();
    await settled();
  };
  return { lane, begun, refused, run, end };
}

it('runs so many at a time, and has so many wait', async () => {
  const { run, begun, refused, end } = rig(2, 2);
  const first = run('a', '1');
  for (const name of ['2', '3', '4', '5']) void run('a', name);
  await new Promise(setImmediate);
  expect([begun, refused]).toEqual([['1', '2'], ['5']]);
  await end();
  expect(await first).toBe('1');
  expect(begun).toEqual(['1', '2', '3']);
  void run('a', '6');
  await end();
  await end();
  expect(begun).toEqual(['1', '2', '3', '4', '6']);
});

it('has those of all addresses take turns', async () => {
  const { run, begun, end } = rig(1, 99);
  for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']) void run(name[0]!, name);
  for (let at = 0; at < 6; at++) await end();
  expect(begun).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
});

it('lets the newest of the address go that has most', async () => {
  const { run, begun, refused, end } = rig(1, 4);
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'b1', 'b2', 'b3', 'c1', 'd1', 'e1']) void run(name[0]!, name);
  await new Promise(setImmediate);
  expect(refused.toSorted()).toEqual(['a3', 'a4', 'a5', 'a6', 'b2', 'b3', 'e1'].toSorted());
  for (let at = 0; at < 4; at++) await end();
  expect(begun.toSorted()).toEqual(['a1', 'a2', 'b1', 'c1', 'd1'].toSorted());
});

it('goes on behind a task that has failed', async () => {
  const lane = new Lane(1, 1);
  const failed = lane.run('a', () => Promise.reject(new Error('x')));
  const next = lane.run('a', () => Promise.resolve('y'));
  await expect(failed).rejects.toThrow('x');
  expect(await next).toBe('y');
});
