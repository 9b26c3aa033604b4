import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../demo/options.ts';

describe('the command line of the demo', () => {
  it.each([
    ['', { port: 8000, chaos: false, forMs: undefined }],
    ['--port 0 --chaos', { port: 0, chaos: true, forMs: undefined }],
    ['--for=2.5', { port: 8000, chaos: false, forMs: 2_500 }],
  ])('takes "%s"', (line, options) => {
    expect(parseOptions(line.split(' ').filter(Boolean))).toEqual({ kind: 'run', options });
  });

  it.each(['--port', '--port x', '--port 65536', '--port 1 --port 2', '--for', '--for 0', '--for x', '--bogus', 'x', '-- x', '--chaos=3'])(
    'refuses "%s" with one line',
    (line) => {
      const parsed = parseOptions(line.split(' '));
      expect(parsed.kind).toBe('wrong');
      expect(parsed.kind === 'wrong' && parsed.problem).toMatch(/^[^\n]+$/);
    },
  );

  it('knows --help', () => {
    expect(parseOptions(['--help']).kind).toBe('help');
  });
});
