import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asNobody } from '../../../bench/rigs/icecast-server.ts';
import { end } from '../../../bench/rigs/studio.ts';

export interface RecordingPlayer {
  readonly program: string;
  /** Plays some seconds of a URL into this directory, and gives what it has decoded, or saved, as a file that ffmpeg reads. */
  record(url: string, seconds: number, directory: string): Promise<Buffer>;
}

/** Time that a player has to begin, and to end by itself. */
const BESIDES_S = 60;

const WAV_BYTES_S = 2 * 2 * 44_100;
/** As long as the buffers of a player take to fill on a busy machine. */
const BEGIN_S = 4;

interface PlayOptions {
  /** How long it plays, if it ends by itself. */
  readonly seconds: number;
  /** Whether it has played enough, and is asked to end. */
  readonly isEnough?: () => boolean;
}

/** Runs a player until it ends by itself, or is asked to end. */
async function play(program: string, args: readonly string[], directory: string, { seconds, isEnough = () => false }: PlayOptions): Promise<void> {
  chmodSync(directory, 0o777);
  const child = spawn(program, args, { stdio: 'ignore', cwd: directory, env: { ...process.env, HOME: directory }, ...asNobody() });
  child.on('error', () => undefined);
  const isOver = (): boolean => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  for (const until = performance.now() + 1_000 * (seconds + BESIDES_S); !isOver() && !isEnough() && performance.now() < until; ) await sleep(100);
  await end(child, 'SIGINT');
}

/** How much audio there is in a file of 44.1 kHz stereo. */
export function secondsIn(wav: string): number {
  return existsSync(wav) ? statSync(wav).size / WAV_BYTES_S : 0;
}

/** Players that say little of what they do: what they have decoded is looked at. */
export const morePlayers: readonly RecordingPlayer[] = [
  {
    program: 'vlc',
    record: async (url, seconds, directory) => {
      const file = join(directory, 'vlc.wav');
      // Its time begins before it has anything to play.
      const runS = seconds + BEGIN_S;
      const out = `#transcode{vcodec=none,acodec=s16l,channels=2,samplerate=44100}:std{access=file,mux=wav,dst=${file}}`;
      await play('vlc', ['-I', 'dummy', '--quiet', `--run-time=${runS}`, '--sout', out, url, 'vlc://quit'], directory, { seconds: runS });
      return readFileSync(file);
    },
  },
  {
    program: 'mplayer',
    record: async (url, seconds, directory) => {
      const file = join(directory, 'mplayer.wav');
      await play('mplayer', ['-nolirc', '-really-quiet', '-vo', 'null', '-ao', `pcm:file=${file}`, '-endpos', `${seconds}`, url], directory, { seconds });
      return readFileSync(file);
    },
  },
  {
    program: 'streamripper',
    record: async (url, seconds, directory) => {
      await play('streamripper', [url, '--quiet', '-l', `${seconds}`, '-A', '-a', 'whole', '-d', directory], directory, { seconds });
      return readFileSync(join(directory, readdirSync(directory).find((name) => name.startsWith('whole') && name.endsWith('.mp3'))!));
    },
  },
  {
    program: 'gst-launch-1.0',
    record: async (url, seconds, directory) => {
      const file = join(directory, 'gst.wav');
      const pipeline = ['-e', 'souphttpsrc', `location=${url}`, 'iradio-mode=true', '!', 'icydemux', '!', 'mpegaudioparse', '!', 'mpg123audiodec', '!', 'audioconvert', '!', 'audio/x-raw,rate=44100,channels=2,format=S16LE', '!', 'wavenc', '!', 'filesink', `location=${file}`];
      // It never ends by itself.
      await play('gst-launch-1.0', pipeline, directory, { seconds, isEnough: () => secondsIn(file) > seconds });
      return readFileSync(file);
    },
  },
];
