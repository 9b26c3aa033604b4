import net from 'node:net';
import { ignoreSignals } from '../../cli/signals.ts';
import type { Handle } from '../../process/upgrade/handle.ts';
import { FEED_FD, type ToWorker } from './messages.ts';
import { ListenerWorker } from './worker.ts';

/** A process that has listeners and nothing else. It ends with the one that has the ingest, and by no signal that can be ignored. */
ignoreSignals();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined);

let worker: ListenerWorker | undefined;
process.on('message', (message: ToWorker, given?: unknown) => {
  switch (message.kind) {
    case 'begin':
      worker = begin(message.settings);
      break;
    case 'join':
      worker!.join(message, given as net.Socket | undefined);
      break;
    case 'disconnect':
      worker!.disconnect(message);
      break;
    case 'move':
      worker!.move(message);
      break;
    case 'lend':
    case 'freeze':
    case 'go-on':
    case 'let-go':
    case 'closed':
      worker!.leaving(message);
      break;
    case 'adopt':
    case 'restore':
    case 'resume':
    case 'written':
    case 'not-written':
      worker!.arriving(message, given as Handle | undefined);
      break;
    case 'stop':
      void worker!.stop(message.limitMs).then(() => process.exit(0));
  }
});
process.on('disconnect', () => process.exit(0));

function begin(settings: Extract<ToWorker, { kind: 'begin' }>['settings']): ListenerWorker {
  const began = new ListenerWorker(settings, (message, handle) => {
    // What is said to a process that has ended is of no use any more. A connection that was closed on its way cannot be sent, which would be an error without a callback: its listener has left.
    if (process.connected) process.send!(message, handle as unknown as undefined, { keepOpen: true }, () => undefined);
  });
  new net.Socket({ fd: FEED_FD, readable: true, writable: false }).on('data', (bytes) => began.fed(bytes));
  return began;
}
