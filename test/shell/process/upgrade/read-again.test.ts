import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { built } from '../../../support/built.ts';
import { hearsOn } from '../../support/heard.ts';
import { ask, RawClient } from '../../support/support.ts';
import { EdgeProcess, NumberedRelay } from './support.ts';

let directory: string;
const relay = new NumberedRelay();
let edge: EdgeProcess;
let port: number;
const path = (name: string): string => join(directory, name);

/** A program that has read all of its files, says so, and is ready when a file named "go" is there. */
function patientProgram(): string {
  return `
    import { existsSync } from 'node:fs';
    const send = process.send?.bind(process);
    if (send !== undefined) process.send = (message, ...more) => {
      if (message.kind !== 'ready') return send(message, ...more);
      console.log(JSON.stringify({ event: 'has-read' }));
      const timer = setInterval(() => existsSync(${JSON.stringify(path('go'))}) && (clearInterval(timer), send(message, ...more)), 10);
    };
    await import(${JSON.stringify(pathToFileURL(built('shell/bin/davecast')).href)});
  `;
}

function configure(password: string): void {
  writeFileSync(path('edge.yaml'), `adminPassword: ${password}\naccessLog: ${path('access.log')}\n`);
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'davecast-'));
  writeFileSync(path('davecast.mjs'), patientProgram());
  configure('first');
  const argv = ['edge', '--bind', '127.0.0.1', '--http', '0', '--config', path('edge.yaml'), '--relay', `127.0.0.1:${await relay.start()}`];
  edge = new EdgeProcess(argv, { program: path('davecast.mjs') });
  port = (await edge.line('listening'))['port'] as number;
  await edge.line('mount-started');
});

afterEach(() => {
  relay.stop();
  edge.end();
  rmSync(directory, { recursive: true });
});

async function statusFor(password: string, request = 'GET /admin/listmounts'): Promise<number> {
  const answer = await ask(port, `${request} HTTP/1.0\r\nAuthorization: Basic ${Buffer.from(`admin:${password}`).toString('base64')}\r\n\r\n`);
  return Number(answer.split(' ')[1]);
}

it('what is read again at SIGHUP while an upgrade is under way holds in the new process, and its access log is the new file', async () => {
  edge.child.kill('SIGUSR1');
  await edge.line('has-read');
  configure('second');
  renameSync(path('access.log'), path('access.log.1'));
  edge.child.kill('SIGHUP');
  expect(await edge.line('reloaded')).toMatchObject({ changed: 'adminPassword' });
  writeFileSync(path('go'), '');
  await edge.line('taken-over');
  expect(await edge.line('reloaded', 2)).toMatchObject({ changed: 'adminPassword' });
  expect(await statusFor('second')).toBe(200);
  expect(await statusFor('first')).toBe(401);
  const listener = new RawClient(port).write('GET /radio HTTP/1.0\r\n\r\n');
  await hearsOn(listener);
  listener.socket.destroy();
  await expect.poll(() => existsSync(path('access.log')) && readFileSync(path('access.log'), 'latin1')).toContain('"GET /radio HTTP/1.0" 200');
  expect(readFileSync(path('access.log.1'), 'latin1')).toBe('');
});

it('so does what an operator has read again by HTTP', async () => {
  edge.child.kill('SIGUSR1');
  await edge.line('has-read');
  configure('second');
  expect(await statusFor('first', 'POST /admin/reload')).toBe(200);
  writeFileSync(path('go'), '');
  expect(await edge.line('reloaded', 2)).toMatchObject({ changed: 'adminPassword' });
  expect(await statusFor('second')).toBe(200);
});

it('an upgrade without such a signal reads nothing again', async () => {
  edge.child.kill('SIGUSR1');
  await edge.line('has-read');
  writeFileSync(path('go'), '');
  await edge.line('taken-over');
  expect(await edge.exited).toBe(0);
  expect(await statusFor('first')).toBe(200);
  expect(edge.lines('reloaded')).toEqual([]);
});
