import { parentPort } from 'node:worker_threads';
import { isPassword } from './password-hash.ts';
import type { PasswordQuestion } from './password-checker.ts';

parentPort!.on('message', ({ password, hash }: PasswordQuestion) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort!.postMessage(isPassword(password, hash));
});
