import { fork } from 'node:child_process';
import { once } from 'node:events';
import { inRepository } from '../common/repository.ts';
import type { ClientPlan, Counted, Joined, Order } from './orders.ts';

/** A process of listeners. */
export interface Client {
  readonly pid: number;
  join(listeners: number, overMs: number): Promise<Joined>;
  /** Counts from now on. */
  restart(): Promise<void>;
  tell(): Promise<Counted>;
  leave(): Promise<void>;
  stop(): Promise<void>;
}

const main = inRepository('dist/bench/listeners/client-main.js');

export function startClient(plan: ClientPlan): Client {
  const child = fork(main, [JSON.stringify(plan)], { execArgv: [] });
  const exited = once(child, 'exit');
  const died = exited.then(([code]) => {
    throw new Error(`the client process ended with ${String(code)}`);
  });
  died.catch(() => undefined);
  const ask = async <Answer>(order: Order): Promise<Answer> => {
    child.send(order);
    const [answer] = await Promise.race([once(child, 'message'), died]);
    return answer as Answer;
  };
  return {
    pid: child.pid!,
    join: (listeners, overMs) => ask({ order: 'join', listeners, overMs }),
    restart: () => ask({ order: 'count' }),
    tell: () => ask({ order: 'tell' }),
    leave: () => ask({ order: 'leave' }),
    stop: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
