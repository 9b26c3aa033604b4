import { describe, expect, it } from 'vitest';
import { readDavecast } from '../../../shell/bin/command-line.ts';

const fleetOf = (...urls: readonly string[]): unknown => {
  const wish = readDavecast(['edge', '--http', '1', '--relay', 'r:1', ...urls.flatMap((url) => ['--fleet', url])]);
  return wish.kind === 'run' ? wish.fleet?.members.map(({ url, auth }) => [url.href, auth]) : undefined;
};

describe('--fleet', () => {
  it('names other processes, with their logins', () => {
    expect(fleetOf()).toBeUndefined();
    expect(fleetOf('http://edge-2:8000', 'https://admin:s%40c%20ret@edge-3/a/b')).toEqual([['http://edge-2:8000/', undefined], ['https://edge-3/a/b/', 'admin:s@c ret']]);
    expect(readDavecast(['station', '--http', '1', '--fleet', 'http://edge-2:8000'])).toMatchObject({ fleet: { members: [{ auth: undefined }] } });
  });

  it.each([
    [['edge-2:8000'], '--fleet must be http://HOST:PORT or https://admin:PASSWORD@HOST:PORT, not "edge-2:8000"'],
    [['ftp://admin:secret@edge-2'], 'not "ftp://admin:***@edge-2"'],
    [['http://edge-2/?x=y'], 'not "http://edge-2/?x=y"'],
    [['http://edge-2', 'http://admin:x@edge-2/'], '--fleet http://edge-2/ is given twice'],
    [Array.from({ length: 51 }, (_, index) => `http://edge-${index}`), '--fleet can be given 50 times at most, not 51 times'],
  ])('is refused in one line: %s', (urls, message) => {
    expect(() => fleetOf(...urls)).toThrow(message);
  });
});
