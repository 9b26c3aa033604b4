import net from 'node:net';
import { FirstBytes, questionFor, type Introduction, type LookedFor } from '../../../core/links/wiring/first-bytes.ts';

/** How long an answer is waited for. */
const ANSWER_MS = 2_000;

export interface Asked {
  readonly host: string;
  readonly port: number;
  readonly lookedFor: LookedFor;
}

/** Asks a peer that says nothing who it is, by a connection of its own. `answered` is called once, unless the peer cannot be reached. @returns gives it up. */
export function askPeer({ host, port, lookedFor }: Asked, answered: (introduction: Introduction | undefined) => void): () => void {
  const first = new FirstBytes();
  const socket = net.connect({ host, port });
  let isConnected = false;
  let isOver = false;
  const end = (introduction: Introduction | undefined): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    socket.destroy();
    if (isConnected) answered(introduction);
  };
  const timer = setTimeout(() => end(undefined), ANSWER_MS);
  socket.on('connect', () => {
    isConnected = true;
    socket.write(questionFor(lookedFor));
  });
  socket.on('data', (bytes) => {
    const introduction = first.push(bytes);
    if (introduction !== undefined) end(introduction);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => end(undefined));
  return () => {
    isConnected = false;
    end(undefined);
  };
}
