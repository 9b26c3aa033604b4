import type net from 'node:net';
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { EventStream, eventText } from '../../../shell/http/event-stream.ts';
import type { HttpRequest } from '../../../shell/http/request.ts';

/** A connection whose other end reads when it is told to. */
class FakeSocket extends EventEmitter {
  readonly written: string[] = [];
  writableLength = 0;
  isDestroyed = false;
  isReading = true;

  write(data: string | Uint8Array): void {
    this.written.push(data.toString());
    if (!this.isReading) this.writableLength += data.length;
  }

  resume(): this {
    return this;
  }

  destroy(): void {
    this.isDestroyed = true;
    this.emit('close');
  }
}

const ask = (socket: FakeSocket, method = 'GET'): Pick<HttpRequest, 'head' | 'socket'> => ({
  head: { method, target: '/', version: 'HTTP/1.1', firstLine: '', headers: new Map() },
  socket: socket as unknown as net.Socket,
});

describe('server-sent events', () => {
  it('begin with all that there is, and go on with what changes', () => {
    const [stream, socket] = [new EventStream({ maxFollowers: 1 }), new FakeSocket()];
    expect(stream.follow(ask(socket), () => eventText('whole', '{}'))).toBe('taken');
    stream.send(eventText('changes', '[1]'), () => 'whole');
    expect(socket.written[0]).toMatch(/^HTTP\/1\.0 200 OK\r\n.*\r\nContent-Type: text\/event-stream; charset=utf-8\r\n.*\r\n\r\nevent: whole\ndata: \{\}\n\n$/s);
    expect(socket.written.slice(1)).toEqual(['event: changes\ndata: [1]\n\n']);
    expect(socket.written[0]).not.toContain('Access-Control');
  });

  it('are for so many at a time, until one goes', () => {
    const stream = new EventStream({ maxFollowers: 2, isForAll: true });
    const sockets = [new FakeSocket(), new FakeSocket(), new FakeSocket()];
    for (const socket of sockets.slice(0, 2)) expect(stream.follow(ask(socket), () => '')).toBe('taken');
    expect(stream.follow(ask(sockets[2]!), () => '')).toMatchObject({ status: 503, headers: expect.arrayContaining([['Retry-After', '10'], ['Access-Control-Allow-Origin', '*']]) });
    sockets[0]!.destroy();
    expect(stream.size).toBe(1);
    expect(stream.follow(ask(sockets[2]!), () => '')).toBe('taken');
    expect(stream.follow(ask(new FakeSocket(), 'HEAD'), () => '')).toMatchObject({ status: 200 });
  });

  it('leave out who is behind, give all to who catches up, and drop who does not read', () => {
    let nowMs = 0;
    const stream = new EventStream({ maxFollowers: 9, nowMs: () => nowMs });
    const [quick, slow, stuck] = [new FakeSocket(), new FakeSocket(), new FakeSocket()];
    for (const socket of [quick, slow, stuck]) stream.follow(ask(socket), () => 'first');
    slow.isReading = stuck.isReading = false;
    for (nowMs = 0; nowMs <= 5_000; nowMs += 1_000) stream.send(`at ${nowMs}`, () => 'whole');
    [slow.isReading, slow.writableLength] = [true, 0];
    stream.send('at 6000', () => 'whole');
    stream.send('at 7000', () => 'whole');
    expect(quick.written.slice(1)).toEqual(['at 0', 'at 1000', 'at 2000', 'at 3000', 'at 4000', 'at 5000', 'at 6000', 'at 7000']);
    expect(slow.written.slice(1)).toEqual(['at 0', 'whole', 'at 7000']);
    nowMs = 15_999;
    stream.send('later', () => 'whole');
    expect(stuck.isDestroyed).toBe(false);
    nowMs = 16_000;
    stream.send('latest', () => 'whole');
    expect([stuck.isDestroyed, stuck.written.length, stream.size]).toEqual([true, 2, 2]);
  });

  it('are told by what was asked for', () => {
    const stream = new EventStream({ maxFollowers: 9 });
    const [all, radio, jazz] = [new FakeSocket(), new FakeSocket(), new FakeSocket()];
    stream.follow(ask(all), () => '');
    stream.follow(ask(radio), () => '', 'radio');
    stream.follow(ask(jazz), () => '', 'jazz');
    stream.send('r', () => '', 'radio');
    stream.send('quiet', () => '');
    expect([all, radio, jazz].map(({ written }) => written.slice(1).join())).toEqual(['r,quiet', 'r,quiet', 'quiet']);
  });
});
