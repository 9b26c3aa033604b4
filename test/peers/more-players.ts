import { spawn } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asNobody } from '../../bench/rigs/icecast-server.ts';
import { end } from '../../bench/rigs/studio.ts';

export interface RecordingPlayer {
  readonly program: string;
  /** Plays some seconds of a URL into this directory, and gives what it has decoded, or saved, as a file that ffmpeg reads. */
  record(url: string, seconds: number, directory: string): Promise<Buffer>;
}

/** Time that a player has to begin, and to end by itself. */
const BESIDES_S = 60;

/** Runs a player until it ends by itself, or is asked to end. */
async function play(program: string, args: readonly string[], directory: string, seconds: number, besidesS = BESIDES_S): Promise<void> {
  chmodSync(directory, 0o777);
  const child = spawn(program, args, { stdio: 'ignore', cwd: directory, env: { ...process.env, HOME: directory }, ...asNobody() });
  const over = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  await Promise.race([over, sleep(1_000 * (seconds + besidesS))]);
  await end(child, 'SIGINT');
}

/** Players that say little of what they do: what they have decoded is looked at. */
export const morePlayers: readonly RecordingPlayer[] = [
  {
    program: 'vlc',
    record: async (url, seconds, directory) => {
      const file = join(directory, 'vlc.wav');
      const out = `#transcode{vcodec=none,acodec=s16l,channels=2,samplerate=44100}:std{access=file,mux=wav,dst=${file}}`;
      await play('vlc', ['-I', 'dummy', '--quiet', `--run-time=${seconds}`, '--sout', out, url, 'vlc://quit'], directory, seconds);
      return readFileSync(file);
    },
  },
  {
    program: 'mplayer',
    record: async (url, seconds, directory) => {
      const file = join(directory, 'mplayer.wav');
      await play('mplayer', ['-nolirc', '-really-quiet', '-vo', 'null', '-ao', `pcm:file=${file}`, '-endpos', `${seconds}`, url], directory, seconds);
      return readFileSync(file);
    },
  },
  {
    program: 'streamripper',
    record: async (url, seconds, directory) => {
      await play('streamripper', [url, '--quiet', '-l', `${seconds}`, '-A', '-a', 'whole', '-d', directory], directory, seconds);
      return readFileSync(join(directory, readdirSync(directory).find((name) => name.startsWith('whole') && name.endsWith('.mp3'))!));
    },
  },
  {
    program: 'gst-launch-1.0',
    record: async (url, seconds, directory) => {
      const file = join(directory, 'gst.wav');
      const pipeline = ['-e', 'souphttpsrc', `location=${url}`, 'iradio-mode=true', '!', 'icydemux', '!', 'mpegaudioparse', '!', 'mpg123audiodec', '!', 'audioconvert', '!', 'wavenc', '!', 'filesink', `location=${file}`];
      // It never ends by itself.
      await play('gst-launch-1.0', pipeline, directory, seconds, 12);
      return readFileSync(file);
    },
  },
];
