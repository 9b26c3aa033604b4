import { createConnection, type Socket } from 'node:net';
import { randomFillSync } from 'node:crypto';
import { encodeAnnouncement } from '../../core/wire/announce.ts';
import { encodeHeaders } from '../../core/wire/headers.ts';
import { encodeMessage, MessageType, PDU_HEADER_BYTES } from '../../core/wire/pdu.ts';

/**
 * The load of `npm run bench -- ingest`, in a process of its own: MOUNTS mountpoints with two encoders each, every
 * encoder with one TCP connection to every relay. Half the mountpoints are 48 kbit/s HE-AAC (a frame of 279 bytes every
 * 46.4 ms), half 128 kbit/s MP3 (418 bytes every 26.1 ms); each encoder adds ANNOUNCE, METADATA and HEADERS once a
 * second, as the original does. With 250 mountpoints and two relays that is 32,907 messages a second.
 *
 * Arguments: MOUNTS PORT [PORT …] of the relays on 127.0.0.1.
 */
const [mounts, ...ports] = process.argv.slice(2).map(Number) as [number, ...number[]];
const ENCODERS_PER_MOUNT = 2;
const TICK_MS = 5;

interface LoadEncoder {
  readonly streamId: Uint8Array;
  readonly sockets: readonly Socket[];
  readonly periodMs: number;
  readonly frame: Uint8Array;
  readonly mountpoint: string;
  sequence: number;
  nextFrameMs: number;
  nextControlMs: number;
}

const encoders: LoadEncoder[] = [];
for (let mount = 0; mount < mounts; mount++) {
  const isAac = mount % 2 === 0;
  for (let i = 0; i < ENCODERS_PER_MOUNT; i++) encoders.push(await connectEncoder(`mount-${mount}`, isAac));
}
process.stdout.write('connected\n');

let sent = 0;
const startMs = performance.now();
for (const encoder of encoders) {
  encoder.nextFrameMs = startMs + Math.random() * encoder.periodMs;
  encoder.nextControlMs = startMs + Math.random() * 1000;
}
setInterval(tick, TICK_MS);
setInterval(() => process.stdout.write(`sent ${sent} ${Math.round(performance.now() - startMs)}\n`), 1000);
process.stdin.on('end', () => process.exit(0)).resume();

function tick(): void {
  const nowMs = performance.now();
  for (const encoder of encoders) {
    if (encoder.nextControlMs <= nowMs) {
      encoder.nextControlMs += 1000;
      const { mountpoint } = encoder;
      send(encoder, MessageType.ANNOUNCE, encodeAnnouncement({ audioType: 1, mountpoint }));
      send(encoder, MessageType.METADATA, new TextEncoder().encode("StreamTitle='A - B';"));
      send(encoder, MessageType.HEADERS, encodeHeaders([['Icy-Name', mountpoint]]));
    }
    while (encoder.nextFrameMs <= nowMs) {
      encoder.nextFrameMs += encoder.periodMs;
      send(encoder, MessageType.DATA, encoder.frame);
    }
  }
}

function send(encoder: LoadEncoder, type: number, payload: Uint8Array): void {
  encoder.sequence++;
  encoder.sockets.forEach((socket, replica) => {
    const { streamId, sequence } = encoder;
    const framed = new Uint8Array(2 + PDU_HEADER_BYTES + payload.length);
    framed.set(encodeMessage({ type, replica, streamId, sequence, payload }), 2);
    framed[0] = (framed.length - 2) >>> 8;
    framed[1] = framed.length - 2;
    socket.write(framed);
    sent++;
  });
}

async function connectEncoder(mountpoint: string, isAac: boolean): Promise<LoadEncoder> {
  const sockets = await Promise.all(ports.map(connect));
  return {
    streamId: randomFillSync(new Uint8Array(16)),
    sockets,
    periodMs: isAac ? (1024 / 22_050) * 1000 : (1152 / 44_100) * 1000,
    frame: isAac ? aacFrame() : mp3Frame(),
    mountpoint,
    sequence: 0,
    nextFrameMs: 0,
    nextControlMs: 0,
  };
}

function connect(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: '127.0.0.1', port, noDelay: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** 128 kbit/s, 44.1 kHz, joint stereo, padded: the longer of the two lengths. */
function mp3Frame(): Uint8Array {
  const frame = new Uint8Array(418).fill(0x55);
  frame.set([0xff, 0xfb, 0x92, 0x64]);
  return frame;
}

/** ADTS, MPEG-4 LC, 22.05 kHz, stereo, 279 bytes. */
function aacFrame(): Uint8Array {
  const length = 279;
  const frame = new Uint8Array(length).fill(0x55);
  frame.set([0xff, 0xf1, 0x5c, 0x80 | (length >> 11), (length >> 3) & 0xff, ((length & 7) << 5) | 0x1f, 0xfc]);
  return frame;
}
