import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SegmentDirectory } from '../../../../../../shell/edge/hls/media/store/directory.ts';
import type { KeptSegment } from '../../../../../../shell/edge/hls/media/store/kept-segment.ts';
import { packAudio } from '../../../../../../shell/edge/hls/media/packing/packed-audio.ts';
import { SegmentStore } from '../../../../../../shell/edge/hls/media/store/store.ts';
import { CapturedLog } from '../../../../support/support.ts';
import { AAC, segment, segments, SLOT_US } from '../segments.ts';

const FIRST = 299_000_000;
/** By then all is written, however busy the machine is. */
const WRITTEN_MS = 25_000;
const PACKED = packAudio(segment(1)).length;

function store(more: Partial<ConstructorParameters<typeof SegmentStore>[0]> = {}): SegmentStore {
  return new SegmentStore({ slotMs: SLOT_US / 1_000, windowMs: 60_000, maxBytes: 1_000_000, nowMs: () => FIRST * 6_000, ...more });
}

function withoutBytes({ packed: _packed, ...one }: KeptSegment): Omit<KeptSegment, 'packed'> {
  return one;
}

describe('segments in memory', () => {
  it('stay for the window, and for as long as somebody may ask for what was listed', () => {
    const made = store();
    for (const one of segments(FIRST, 100)) made.add('radio', one);
    expect([made.mount('radio')!.size, made.bytes]).toEqual([17, 17 * PACKED]);
    expect(made.mount('radio')!.live.map(({ number }) => number - FIRST)).toEqual([94, 95, 96, 97, 98, 99]);
    expect(made.mount('radio')!.within(60_000_000)).toHaveLength(10);
  });

  it('never go back: a number that is there, or is past, is passed over', () => {
    const made = store();
    for (const number of [FIRST, FIRST + 2, FIRST + 1, FIRST + 2]) made.add('radio', segment(number));
    expect([...made.mount('radio')!].map(({ number }) => number)).toEqual([FIRST, FIRST + 2]);
  });

  it('begin anew where a clock was set back', () => {
    const made = store();
    for (const number of [FIRST + 100, FIRST + 101, FIRST + 20, FIRST + 21]) made.add('radio', segment(number));
    expect([...made.mount('radio')!].map(({ number }) => number)).toEqual([FIRST + 20, FIRST + 21]);
    made.end('radio');
    made.add('radio', segment(FIRST + 21));
    made.add('radio', segment(FIRST + 22));
    expect([...made.mount('radio')!].map(({ number }) => number)).toEqual([FIRST + 20, FIRST + 21, FIRST + 22]);
    expect(made.bytes).toBe(3 * PACKED);
  });

  it('count discontinuities on from what another process has made, and tell where they do not continue that', () => {
    const before = store();
    before.add('radio', segment(FIRST, { isDiscontinuity: true, discontinuities: 7 }));
    const saved = before.save(1_000_000);
    const made = store();
    made.restore(saved);
    // What makes segments counts from its own start.
    made.add('radio', segment(FIRST + 1));
    made.add('radio', segment(FIRST + 2, { isDiscontinuity: true, discontinuities: 1 }));
    // It begins anew where the mountpoint does.
    made.end('radio');
    made.add('radio', segment(FIRST + 3, { discontinuities: 1, format: AAC }));
    const told = (one: SegmentStore): unknown[] => [...one.mount('radio')!].map(({ discontinuities, isDiscontinuity }) => [discontinuities, isDiscontinuity]);
    expect(told(made)).toEqual([[7, true], [7, false], [8, true], [9, true]]);
    // Other edges have counted more.
    made.add('radio', segment(FIRST + 4, { discontinuities: 20, format: AAC }));
    expect(told(made).at(-1)).toEqual([20, false]);
    // The same where that comes later.
    const other = store();
    other.add('radio', segment(FIRST + 1));
    other.restore(saved);
    other.add('radio', segment(FIRST + 2, { isDiscontinuity: true, discontinuities: 1 }));
    expect(told(other)).toEqual([[7, true], [7, false], [8, true]]);
  });

  it('have no more discontinuities than what makes them says, where one is entered elsewhere in the programme, or has a hole at its beginning', () => {
    const made = store();
    made.add('radio', segment(FIRST));
    made.add('radio', segment(FIRST + 1, { isDiscontinuity: true, discontinuities: 1, mediaUs: (FIRST + 1) * SLOT_US + 400_000 }));
    made.add('radio', segment(FIRST + 2, { discontinuities: 1 }));
    made.add('radio', segment(FIRST + 3, { discontinuities: 1, mediaUs: (FIRST + 3) * SLOT_US + 3_000_000 }));
    // Another process goes on behind that.
    const next = store();
    next.restore(made.save(1_000_000));
    next.add('radio', segment(FIRST + 4, { discontinuities: 1 }));
    const told = (one: SegmentStore): unknown[] => [...one.mount('radio')!].map(({ discontinuities, isDiscontinuity }) => [discontinuities, isDiscontinuity]);
    expect(told(next)).toEqual([[0, false], [1, true], [1, false], [1, false], [1, false]]);
  });

  it('of all mountpoints together take no more than they may: the oldest go', () => {
    const made = store({ maxBytes: 8 * PACKED });
    for (const number of segments(FIRST, 10).map((one) => one.number)) {
      made.add('one', segment(number));
      if (number >= FIRST + 8) made.add('two', segment(number));
    }
    expect(made.bytes).toBeLessThanOrEqual(8 * PACKED);
    expect([made.mount('one')!.size, made.mount('two')!.size]).toEqual([6, 2]);
  });

  it('of a mountpoint that has ended go when their time is over, and it with them', () => {
    let nowMs = FIRST * 6_000;
    const made = store({ nowMs: () => nowMs });
    for (const one of segments(FIRST - 5, 5)) made.add('radio', one);
    made.end('radio');
    made.look();
    expect(made.mount('radio')!.size).toBe(5);
    nowMs += 200_000;
    made.look();
    expect([made.mount('radio'), made.bytes]).toEqual([undefined, 0]);
  });

  it('that live playlists list go to another process, the newest first, as far as there is room', () => {
    const made = store();
    for (const one of segments(FIRST, 20)) for (const mount of ['one', 'two']) made.add(mount, one);
    made.add('one', segment(FIRST + 20, { isGap: true }));
    const other = store();
    other.add('two', segment(FIRST + 19));
    other.restore(JSON.parse(JSON.stringify(made.save(8 * PACKED))) as ReturnType<typeof made.save>);
    expect([...other.mount('one')!].map(({ number }) => number - FIRST)).toEqual([16, 17, 18, 19, 20]);
    expect([...other.mount('two')!].map(({ number }) => number - FIRST)).toEqual([16, 17, 18, 19]);
    expect([...other.mount('one')!].map(withoutBytes)).toEqual([...made.mount('one')!].slice(-5).map(withoutBytes));
    expect(Buffer.from(other.mount('one')!.find(FIRST + 17)!.packed!)).toEqual(Buffer.from(made.mount('one')!.find(FIRST + 17)!.packed!));
    expect(other.bytes).toBe(8 * PACKED);
  });

  it('are none where HLS has no such segments', () => {
    const made = store();
    made.add('radio', segment(FIRST, { format: { ...segment(1).format, codec: 'mp2' } }));
    expect(made.mount('radio')).toBeUndefined();
  });
});

describe('segments in files', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'davecast-hls-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const log = new CapturedLog();
  const opened = async (folder: string, maxBytes = 10_000_000): Promise<SegmentStore> => {
    const made = store({ windowMs: 600_000, directory: new SegmentDirectory({ directory: join(directory, folder), maxBytes, log: log.log }) });
    await made.start();
    return made;
  };

  it('are there after a restart, the same in every byte, and go on with their numbers', async () => {
    const before = await opened('kept');
    for (const one of segments(FIRST, 30)) before.add('live/rädio 1', one);
    before.add('live/rädio 1', segment(FIRST + 30, { isGap: true, isDiscontinuity: true, discontinuities: 3 }));
    await before.stop(WRITTEN_MS);
    const after = await opened('kept');
    const mount = after.mount('live/rädio 1')!;
    expect([mount.size, after.bytes]).toEqual([31, 0]);
    const listed = [...mount].map(withoutBytes);
    expect(listed).toEqual([...before.mount('live/rädio 1')!].map(withoutBytes));
    expect(Buffer.from((await after.bytesOf(mount, mount.find(FIRST + 3)!))!)).toEqual(Buffer.from(packAudio(segment(FIRST + 3))));
    after.add('live/rädio 1', segment(FIRST + 20));
    after.add('live/rädio 1', segment(FIRST + 33));
    expect(mount.newest!.number).toBe(FIRST + 33);
    await after.stop(WRITTEN_MS);
  });

  it('leave memory once they are old, and can still be had', async () => {
    const made = await opened('memory');
    for (const one of segments(FIRST, 20)) made.add('radio', one);
    await made.stop(WRITTEN_MS);
    made.add('radio', segment(FIRST + 20));
    expect(made.bytes).toBe(14 * PACKED);
    const mount = made.mount('radio')!;
    const old = made.bytesOf(mount, mount.find(FIRST)!);
    expect(old).toBeInstanceOf(Promise);
    expect(Buffer.from((await old)!)).toEqual(Buffer.from(packAudio(segment(FIRST))));
    await made.stop(WRITTEN_MS);
  });

  it('are read from there where memory has no room for them: none goes for that', async () => {
    const made = store({ windowMs: 600_000, maxBytes: 4 * PACKED, directory: new SegmentDirectory({ directory: join(directory, 'little-memory'), maxBytes: 10_000_000, log: log.log }) });
    await made.start();
    for (const one of segments(FIRST, 12)) {
      const { fileBytes } = made;
      made.add('radio', one);
      await expect.poll(() => made.fileBytes, { interval: 1 }).toBeGreaterThan(fileBytes);
    }
    const mount = made.mount('radio')!;
    expect([mount.size, made.bytes]).toEqual([12, 4 * PACKED]);
    for (const one of mount) expect(await made.bytesOf(mount, one)).toBeDefined();
    await made.stop(WRITTEN_MS);
  });

  it('that are damaged are left out, with a line', async () => {
    const before = await opened('damaged');
    for (const one of segments(FIRST, 6)) before.add('radio', one);
    await before.stop(WRITTEN_MS);
    const folder = join(directory, 'damaged', 'm-radio');
    const path = (index: number): string => join(folder, `${FIRST + index}.segment`);
    await writeFile(path(0), (await readFile(path(0))).subarray(0, 900));
    await writeFile(path(1), '');
    await writeFile(path(2), '{"davecastSegment":1}\n');
    const changed = await readFile(path(3));
    changed[changed.length - 1]! ^= 1;
    await writeFile(path(3), changed);
    await writeFile(join(folder, '7.segment'), await readFile(path(4)));
    await mkdir(path(8));
    await writeFile(`${path(9)}.new`, 'half');
    await writeFile(join(folder, 'readme.txt'), 'mine');
    const after = await opened('damaged');
    const mount = after.mount('radio')!;
    expect([...mount].map(({ number }) => number - FIRST)).toEqual([3, 4, 5]);
    expect(log.all('hls-damaged').at(-1)).toMatchObject({ count: 5 });
    expect(await after.bytesOf(mount, mount.find(FIRST + 3)!)).toBeUndefined();
    expect(log.all('hls-damaged').at(-1)).toMatchObject({ file: path(3), count: 1 });
    expect(mount.find(FIRST + 3)).toBeUndefined();
    expect(await readdir(folder)).toContain('readme.txt');
    await after.stop(WRITTEN_MS);
  });

  it('take no more than they may, and no longer than the window', async () => {
    const made = await opened('bounded', 10 * (PACKED + 400));
    for (const one of segments(FIRST, 200)) made.add('radio', one);
    await made.stop(WRITTEN_MS);
    const files = await readdir(join(directory, 'bounded', 'm-radio'));
    expect(files.length).toBeLessThanOrEqual(12);
    expect(files.length).toBeGreaterThanOrEqual(8);
    expect(files).toContain(`${FIRST + 199}.segment`);
    made.add('radio', segment(FIRST + 200));
    // What is listed can be had: what was in files that had to go is not.
    const mount = made.mount('radio')!;
    for (const one of mount) expect(await made.bytesOf(mount, one)).toBeDefined();
    await made.stop(WRITTEN_MS);
  });

  it('of slots of another length are not listed any more, and deleted, unless another process still serves them', async () => {
    const before = await opened('other-slots');
    for (const one of segments(FIRST, 6)) before.add('radio', one);
    const saved = before.save(1_000_000);
    await before.stop(WRITTEN_MS);
    const shorter = async (takesOver: boolean): Promise<SegmentStore> => {
      const made = store({ slotMs: 4_000, windowMs: 600_000, directory: new SegmentDirectory({ directory: join(directory, 'other-slots'), maxBytes: 10_000_000, log: log.log }) });
      await made.start(takesOver);
      made.restore(saved);
      return made;
    };
    const folder = join(directory, 'other-slots', 'm-radio');
    const next = await shorter(true);
    expect(next.mount('radio')).toBeUndefined();
    await next.stop(WRITTEN_MS);
    expect(await readdir(folder)).toHaveLength(6);
    const after = await shorter(false);
    const number = ((FIRST + 6) * 3) / 2;
    after.add('radio', segment(number, { startUs: number * 4_000_000, mediaUs: number * 4_000_000, durationUs: 4_000_000 }));
    expect([...after.mount('radio')!.within(600_000_000)].map((one) => one.number)).toEqual([number]);
    await after.stop(WRITTEN_MS);
    expect(await readdir(folder)).toEqual([`${number}.segment`]);
  });

  it('that cannot be written are told of once', async () => {
    const made = await opened('gone');
    await rm(join(directory, 'gone'), { recursive: true });
    await writeFile(join(directory, 'gone'), 'no directory');
    for (const one of segments(FIRST, 3)) made.add('radio', one);
    await made.stop(WRITTEN_MS);
    expect(log.all('hls-not-written')).toMatchObject([{ directory: join(directory, 'gone'), error: 'not a directory (ENOTDIR)' }]);
    expect(made.mount('radio')!.size).toBe(3);
  });

  it('on a disk that is full take the place of the oldest, and nothing is left behind half written', async () => {
    const folder = join(directory, 'full', 'm-radio');
    const diskBytes = 5 * (PACKED + 400);
    const toSmallDisk = async (path: string, bytes: Uint8Array): Promise<void> => {
      const names = await readdir(folder);
      let used = 0;
      for (const name of names) used += (await stat(join(folder, name))).size;
      await writeFile(path, bytes.subarray(0, diskBytes - used));
      if (used + bytes.length > diskBytes) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    };
    const told = log.all('hls-not-written').length;
    const made = store({ windowMs: 600_000, directory: new SegmentDirectory({ directory: join(directory, 'full'), maxBytes: 10_000_000, log: log.log, writeFile: toSmallDisk }) });
    await made.start();
    for (const one of segments(FIRST, 20)) made.add('radio', one);
    await made.stop(WRITTEN_MS);
    const files = await readdir(folder);
    expect(files).toContain(`${FIRST + 19}.segment`);
    expect(files.filter((name) => name.endsWith('.new'))).toEqual([]);
    expect(log.all('hls-not-written').slice(told)).toMatchObject([{ error: 'no space left on device (ENOSPC)' }]);
  });

  it('of another process are left alone, until it has stopped or hands over', async () => {
    const first = await opened('owned');
    await expect(opened('owned')).rejects.toThrow(/^the directory of --hls-dir .* is that of another process/);
    const next = store({ directory: new SegmentDirectory({ directory: join(directory, 'owned'), maxBytes: 1_000_000, log: log.log }) });
    await next.start(true);
    await first.stop(WRITTEN_MS);
    await expect(opened('owned')).rejects.toThrow(/is that of another process/);
    await next.stop(WRITTEN_MS);
    await (await opened('owned')).stop(WRITTEN_MS);
  });

  it('are written by the process that has taken over alone, which knows of all', async () => {
    const first = await opened('upgraded');
    const next = store({ windowMs: 600_000, directory: new SegmentDirectory({ directory: join(directory, 'upgraded'), maxBytes: 10_000_000, log: log.log }) });
    await next.start(true);
    const told = log.all('hls-not-written').length;
    for (const one of segments(FIRST, 3)) first.add('radio', one);
    next.restore(first.save(1_000_000));
    first.letGo();
    for (const one of segments(FIRST + 3, 5)) {
      first.add('radio', one);
      next.add('radio', one);
    }
    first.add('radio', segment(FIRST + 8));
    await first.stop(WRITTEN_MS);
    await next.stop(WRITTEN_MS);
    const files = await readdir(join(directory, 'upgraded', 'm-radio'));
    expect(files.toSorted()).toEqual(Array.from({ length: 8 }, (_, index) => `${FIRST + index}.segment`));
    expect([log.all('hls-not-written').length - told, next.fileBytes > 8 * PACKED]).toEqual([0, true]);
  });

  it('of a process that was killed can be had by the next', async () => {
    const folder = join(directory, 'killed');
    await (await opened('killed')).stop(WRITTEN_MS);
    const killed = `require("node:net").createServer().listen(${JSON.stringify(join(folder, 'in-use-01234567.sock'))}, () => process.kill(process.pid, "SIGKILL"))`;
    expect(spawnSync(process.execPath, ['-e', killed]).signal).toBe('SIGKILL');
    const next = await opened('killed');
    expect(await readdir(folder)).not.toContain('in-use-01234567.sock');
    await next.stop(WRITTEN_MS);
  });

  it('a directory that cannot be used is said at the start', async () => {
    await writeFile(join(directory, 'file'), '');
    await expect(opened('file')).rejects.toThrow(/^the directory of --hls-dir .* cannot be used: .*\(E[A-Z]+\)/);
  });

  // Node's recursive mkdir tries for ever there.
  it.skipIf(process.platform !== 'linux')('a directory that /proc refuses in a way of its own is said, too', async () => {
    const refused = new SegmentDirectory({ directory: '/proc/davecast', maxBytes: 1, log: log.log });
    await expect(refused.load()).rejects.toThrow('the directory of --hls-dir /proc/davecast cannot be used: no such file or directory (ENOENT)');
  });

  it.skipIf(process.getuid?.() === 0)('a directory that may not be written to is said, too', async () => {
    await mkdir(join(directory, 'read-only'), { mode: 0o500 });
    await expect(opened('read-only')).rejects.toThrow(/cannot be used: permission denied \(EACCES\)/);
  });
});
