import { Session } from 'node:inspector';

/** Frames that are told of: enough to see what called what. */
const MOST_FRAMES = 8;

/** Asks the main thread what it is at, from another one. No answer comes while it is in a call of the system. */
export function askWhereMainThreadIs(answer: (at: readonly string[]) => void): void {
  pauseMainThread((session, frames) => {
    answer(frames.slice(0, MOST_FRAMES));
    session.post('Debugger.resume');
    session.post('Debugger.disable');
    setImmediate(() => session.disconnect());
  });
}

/** Has the main thread end the process, from another one. A signal would not do: process 1 of a container is ended by none. */
export function endMainThread(status: number): void {
  pauseMainThread((session, _frames, callFrameId) => {
    session.post('Debugger.evaluateOnCallFrame', { callFrameId, expression: `process.exit(${status})` });
  });
}

type Paused = (session: Session, frames: readonly string[], callFrameId: string) => void;

/** It is interrupted in the middle of whatever it is at, a regular expression too. */
function pauseMainThread(paused: Paused): void {
  const session = new Session();
  const urls = new Map<string, string>();
  session.connectToMainThread();
  session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => urls.set(scriptId, url));
  session.once('Debugger.paused', ({ params: { callFrames } }) => {
    const frames = callFrames.map(({ functionName, location: { scriptId, lineNumber } }) => `${functionName || '(anonymous)'} ${shorten(urls.get(scriptId) ?? '')}:${lineNumber + 1}`);
    paused(session, frames, callFrames[0]!.callFrameId);
  });
  session.post('Debugger.enable');
  session.post('Debugger.pause');
}

/** The last three parts of a path: enough to find a file of ours. */
function shorten(url: string): string {
  return url.split('/').slice(-3).join('/');
}
