import { spawn } from 'node:child_process';
import type { FormatDetails } from '../rigs/formats.ts';
import { REFEREE_RATE_HZ } from './programme.ts';

export interface Ran {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly code: number | null;
}

/** Runs a program to its end, with `input` on its stdin. Rejects when it cannot be run. */
export function run(program: string, args: readonly string[], input?: Buffer): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'pipe' });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes));
    child.stdin.on('error', () => undefined);
    child.on('error', reject);
    child.on('close', (code) => resolve({ stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString(), code }));
    child.stdin.end(input);
  });
}

/** Decodes a recording to what the referee compares, with ffmpeg. */
export async function decode(audio: Buffer, demuxer: FormatDetails['demuxer']): Promise<Float32Array> {
  const { stdout } = await run(
    'ffmpeg',
    ['-v', 'quiet', '-f', demuxer, '-i', 'pipe:0', '-ac', '1', '-ar', `${REFEREE_RATE_HZ}`, '-f', 'f32le', 'pipe:1'],
    audio,
  );
  return new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + (stdout.length & ~3)));
}

/** What ffmpeg says of a recording; what it says of every stream without a header is left out. */
export async function ffmpegComplaints(audio: Buffer, demuxer: FormatDetails['demuxer']): Promise<string[]> {
  const { stderr } = await run('ffmpeg', ['-hide_banner', '-v', 'warning', '-f', demuxer, '-i', 'pipe:0', '-f', 'null', '-'], audio);
  return lines(stderr).filter((line) => !isEstimate(line));
}

/** What mpg123 says of a recording; that it ends in the middle of a frame is not its fault. */
export async function mpg123Complaints(audio: Buffer): Promise<string[]> {
  const { stderr } = await run('mpg123', ['-t', '-'], audio);
  return lines(stderr).filter((line) => isMpg123Complaint(line) && !line.includes('Error reading the stream'));
}

/** mpg123 also greets, and tells what it plays. */
export function isMpg123Complaint(line: string): boolean {
  return /\b(note|warning|error|illegal|lost|missing|resync|skipped)\b/i.test(line);
}

export function lines(text: string): string[] {
  return text.split(/[\r\n]+/).map((line) => line.trim()).filter((line) => line !== '');
}

/** Of a file of bare frames ffmpeg says that it can only guess how long it is: no complaint about what is in it. */
export function isEstimate(line: string): boolean {
  return line.includes('Estimating duration from bitrate');
}
