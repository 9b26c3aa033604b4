import { isEstimate, isMpg123Complaint, lines, run } from '../../../bench/referee/decoders.ts';
import type { Format } from '../../../bench/rigs/formats.ts';

export interface Player {
  readonly program: string;
  readonly plays: readonly Format[];
  /** Plays some seconds of a URL; returns what it complained of. Throws when it did not play. */
  play(url: string, seconds: number): Promise<string[]>;
}

export const players: readonly Player[] = [
  {
    program: 'ffmpeg',
    plays: ['mp3', 'aac'],
    play: async (url, seconds) => {
      const { stderr, stdout, code } = await run('ffmpeg', ['-hide_banner', '-nostdin', '-v', 'warning', '-progress', 'pipe:1', '-i', url, '-t', `${seconds}`, '-f', 'null', '-']);
      const playedUs = Number([...stdout.toString().matchAll(/^out_time_us=(\d+)$/gm)].at(-1)?.[1]);
      if (code !== 0 || !(playedUs > (seconds - 0.5) * 1e6)) throw new Error(`ffmpeg ended with ${code} after ${playedUs} µs: ${stderr}`);
      return lines(stderr);
    },
  },
  {
    program: 'mpg123',
    plays: ['mp3'],
    play: async (url, seconds) => {
      const frames = Math.ceil((seconds * 44_100) / 1_152);
      const { stderr, code } = await run('mpg123', ['-t', '-n', `${frames}`, url]);
      if (code !== 0 || !/Decoding of .* finished/.test(stderr)) throw new Error(`mpg123 ended with ${code}: ${stderr}`);
      return lines(stderr).filter(isMpg123Complaint);
    },
  },
  {
    program: 'mpv',
    plays: ['mp3', 'aac'],
    play: async (url, seconds) => {
      const { stdout, stderr, code } = await run('mpv', ['--no-config', '--msg-level=all=warn', '--no-video', '--ao=null', '--audio-buffer=1', `--length=${seconds}`, url]);
      const said = [...lines(stdout.toString()), ...lines(stderr)];
      if (code !== 0) throw new Error(`mpv ended with ${code}: ${said.join('; ')}`);
      return said.filter((line) => !isEstimate(line));
    },
  },
];
