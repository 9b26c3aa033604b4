import net from 'node:net';
import { ignoreSignals } from '../../cli/signals.ts';
import { FEED_FD, type Report, type ToWorker } from './messages.ts';
import { ListenerWorker } from './worker.ts';

/** A process that has listeners and nothing else. It ends with the one that has the ingest, and by no signal that can be ignored. */
ignoreSignals();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined);

let worker: ListenerWorker | undefined;
process.on('message', (message: ToWorker, socket?: net.Socket) => {
  if (message.kind === 'begin') worker = begin(message.settings);
  else if (message.kind === 'join') worker!.join(message, socket);
  else if (message.kind === 'disconnect') worker!.disconnect(message);
  else if (message.kind === 'move') worker!.move(message);
  else void worker!.stop(message.limitMs).then(() => process.exit(0));
});
process.on('disconnect', () => process.exit(0));

function begin(settings: Extract<ToWorker, { kind: 'begin' }>['settings']): ListenerWorker {
  const began = new ListenerWorker(settings, (report: Report) => process.send!(report));
  new net.Socket({ fd: FEED_FD, readable: true, writable: false }).on('data', (bytes) => began.fed(bytes));
  return began;
}
