import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { encodeMessage, decodeMessage, MessageType, type Message } from '../../core/wire/pdu.ts';
import { frameAt, readProgramme, type Frames } from '../../bench/load/frames.ts';
import { Outlet } from '../../bench/load/outlet.ts';
import { placeOf, type LoadPlan } from '../../bench/load/plan.ts';
import { demoProgramme } from '../../bench/load/programme.ts';
import { BareStream, RelayStream } from '../../bench/load/stream.ts';

const programme = demoProgramme();
const plan: LoadPlan = { programme, mounts: 12, encoders: 2, ports: [], protocol: 'relay', shared: false };

/** Remembers what was written. */
function memory(): { readonly outlet: Pick<Outlet, 'write'>; readonly written: Uint8Array[] } {
  const written: Uint8Array[] = [];
  const outlet = { write: (bytes: Uint8Array, length: number) => written.push(bytes.slice(0, length)) };
  return { outlet, written };
}

function messages(written: readonly Uint8Array[]): Message[] {
  return written.map((framed) => {
    expect(framed[0]! * 256 + framed[1]!).toBe(framed.length - 2);
    return decodeMessage(framed.subarray(2)) as Message;
  });
}

describe('the programme of a load', () => {
  it('has the frames of its files, with what announces them', () => {
    const [a, b] = readProgramme(programme)[0]! as [Frames, Frames];
    expect([a.frames.length, b.frames.length]).toEqual([2_500, 2_500]);
    expect(a).toMatchObject({ frameMs: 24, contentType: 'audio/mpeg' });
    expect(a.frames[7]).not.toEqual(b.frames[7]);
  });

  it('is found at a place in each encoding, also before the first frame of one', () => {
    const [a, b] = readProgramme(programme)[0]! as [Frames, Frames];
    const [inA, inB] = programme.families[0]!;
    expect(frameAt(a, inA!, 24)).toBe(1_000);
    expect(frameAt(b, inB!, 24)).toBe(687);
    expect(frameAt(b, inB!, 0)).toBe(2_500 - 313);
    expect(frameAt(a, inA!, 61.2)).toBe(50);
  });

  it('has a place of its own for each mountpoint, and encoders up to 400 ms apart', () => {
    const first = Array.from({ length: plan.mounts }, (_, mount) => placeOf(plan, mount, 0));
    expect(first).toEqual(Array.from({ length: 12 }, (_, mount) => mount * 5));
    const apart = first.map((place, mount) => Math.abs(placeOf(plan, mount, 1) - place));
    expect(Math.max(...apart)).toBeLessThanOrEqual(0.401);
    expect(new Set(apart.map((each) => each.toFixed(3))).size).toBeGreaterThan(8);
  });
});

describe('a stream of a load', () => {
  const frames: Frames = { frames: [1, 2, 3].map((n) => new Uint8Array([n, n])), frameMs: 20, audioType: 1, contentType: 'audio/mpeg' };

  it('sends each message to each relay, in real time, and begins again at the end', () => {
    const [one, two] = [memory(), memory()];
    const stream = new RelayStream({ mount: 'm', frames, first: 2, outlets: [one.outlet, two.outlet], startMs: 1_000 });
    expect(stream.tick(999)).toBeLessThanOrEqual(6);
    let sent = 0;
    for (let nowMs = 1_000; nowMs < 3_000; nowMs += 5) sent += stream.tick(nowMs);
    const got = messages(one.written);
    expect(got.map(({ sequence }) => sequence)).toEqual(got.map((_, index) => index + 1));
    expect(new Set(got.map(({ replica }) => replica))).toEqual(new Set([0]));
    expect(new Set(messages(two.written).map(({ replica }) => replica))).toEqual(new Set([1]));
    const data = got.filter(({ type }) => type === MessageType.DATA).map(({ payload }) => payload[0]);
    expect(data.length).toBeGreaterThanOrEqual(99);
    expect(data.length).toBeLessThanOrEqual(100);
    expect(data.slice(0, 5)).toEqual([3, 1, 2, 3, 1]);
    for (const type of [MessageType.ANNOUNCE, MessageType.METADATA, MessageType.HEADERS]) {
      const count = got.filter((message) => message.type === type).length;
      expect(count === 2 || count === 3, `${count} of type ${type}`).toBe(true);
    }
    expect(sent).toBeLessThanOrEqual(one.written.length + two.written.length);
    expect(two.written.length).toBe(one.written.length);
  });

  it('sends bare frames to an Icecast', () => {
    const { outlet, written } = memory();
    const stream = new BareStream({ mount: 'm', frames, first: 0, outlets: [outlet], startMs: 0 });
    let sent = 0;
    for (let nowMs = 0; nowMs < 1_000; nowMs += 5) sent += stream.tick(nowMs);
    expect(sent).toBe(written.length);
    expect([49, 50]).toContain(sent);
    expect(written.slice(0, 4).map((frame) => [...frame])).toEqual([[1, 1], [2, 2], [3, 3], [1, 1]]);
  });
});

describe('an outlet', () => {
  it('brings everything in order, also when the other end reads late', async () => {
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const outlet = await Outlet.open((server.address() as AddressInfo).port);
    const message = encodeMessage({ type: 0, replica: 0, streamId: new Uint8Array(16), sequence: 1, payload: new Uint8Array(60_000) });
    let wrote = 0;
    for (let n = 0; n < 150; n++, wrote += message.length) {
      message[30] = n;
      outlet.write(message, message.length);
    }
    const got: Buffer[] = [];
    let length = 0;
    const reader = await accepted;
    await new Promise<void>((resolve) => {
      const flush = setInterval(() => outlet.flush(), 1);
      reader.on('data', (chunk: Buffer) => {
        got.push(chunk);
        length += chunk.length;
        if (length < wrote) return;
        clearInterval(flush);
        resolve();
      });
      reader.resume();
    });
    const all = Buffer.concat(got);
    expect(all.length).toBe(wrote);
    expect(Array.from({ length: 150 }, (_, n) => all[n * message.length + 30])).toEqual(Array.from({ length: 150 }, (_, n) => n));
    outlet.close();
    server.close();
  });
});
