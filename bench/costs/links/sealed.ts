import { createCipheriv, randomBytes } from 'node:crypto';
import type { RemoteInfo } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { START_AT } from '../../../core/wire/envelope.ts';
import { streamIdOfKey } from '../../../core/links/paths/stream-ids.ts';
import type { Micros } from '../../../core/base/units.ts';
import { encodeAnnouncement } from '../../../core/wire/messages/announce.ts';
import { encodeMessage, MessageType } from '../../../core/wire/pdu.ts';
import { formatEntry, secretOf } from '../../../shell/net/keys/file/entry.ts';
import { DatagramPort } from '../../../shell/net/keys/datagram-port.ts';
import { Paces } from '../../../shell/net/keys/pace.ts';
import { PeerKeys } from '../../../shell/net/keys/file/peer-keys.ts';
import { Sealer } from '../../../shell/net/keys/seal.ts';
import { UdpSender, type Seal } from '../../../shell/net/udp.ts';
import { cpuClock } from '../../common/cpu.ts';
import { startDavecast } from '../../common/davecast.ts';
import { quantile } from '../../common/quantiles.ts';
import { watch } from '../../common/spans.ts';
import { withDirectory } from '../../common/temporary.ts';

const MOUNTS = 250;
const FRAME_BYTES = 418;
/** 128 kbit/s at 44.1 kHz. */
const FRAMES_PER_SECOND = 44_100 / 1_152;
const SPANS = 20;
const SPAN_MS = 150;
const CPU_SPANS = 5;
const CPU_SPAN_MS = 5_000;
const TICK_MS = 10;
const NAME = 'studio-a';

/** What sealed datagrams cost: each of them, in microseconds, the fastest of twenty spans; and a relay of 250 mountpoints by UDP, in shares of a core, the median of five. */
export function sealed(): Promise<void> {
  return withDirectory('sealed', async (directory) => {
    const file = join(directory, 'keys');
    const key = new Uint8Array(randomBytes(32));
    writeFileSync(file, `${formatEntry({ name: NAME, role: 'encoder', mounts: undefined, keys: [key] })}\n`, { mode: 0o600 });
    await perDatagram(file, key);
    await perRelay(file, key);
  });
}

async function perDatagram(file: string, key: Uint8Array): Promise<void> {
  const keys = new PeerKeys(file, () => undefined);
  await keys.start();
  const paces = new Paces();
  // The bench sends faster than any key may, and than anybody may try.
  let now = 0;
  paces.of = () => ({ tookDatagram: () => true }) as unknown as ReturnType<Paces['of']>;
  const port = new DatagramPort({ keys, paces, log: () => undefined, isAllowed: () => true, isPlain: () => false, open: () => ({ receive: () => undefined, close: () => undefined }), now: () => (now += 1_000_000) as Micros });
  const take = port.takeFrom(() => undefined);
  const from = { address: '192.0.2.1', port: 5_000, family: 'IPv4', size: 0 } as RemoteInfo;
  const { seal } = secretOf(NAME, key);
  const sealer = new Sealer(seal);
  const message = randomBytes(FRAME_BYTES + 26);
  const [secret, nonce] = [randomBytes(32), randomBytes(12)];
  const alone = (cipher: 'chacha20-poly1305' | 'aes-256-gcm') => (): void => {
    const it = createCipheriv(cipher as 'chacha20-poly1305', secret, nonce, { authTagLength: 16 });
    it.update(message);
    it.final();
    it.getAuthTag();
  };
  const ready: Uint8Array[] = [];
  const prepare = (count: number): void => {
    while (ready.length < count) ready.push(sealer.seal(message));
  };
  const once = sealer.seal(message);
  take(once, from);
  const strange = new Sealer(secretOf('stranger', secret).seal).seal(message);
  const bad = new Sealer(seal, { start: randomBytes(8) });
  take(bad.seal(message), from);
  const wrong = bad.seal(message);
  wrong[wrong.length - 1]! ^= 1;
  const invented = sealer.seal(message);
  let start = 0;
  const rows: readonly (readonly [string, () => void, prepare?: (count: number) => void])[] = [
    ['sealed by the encoder', () => void sealer.seal(message)],
    ['opened by the relay', () => take(ready.pop()!, from), prepare],
    ['refused: repeated', () => take(once, from)],
    ['refused: unknown key', () => take(strange, from)],
    ['refused: bad seal', () => take(wrong, from)],
    ['refused: invented start', () => {
      new DataView(invented.buffer).setUint32(START_AT, ++start);
      take(invented, from);
    }],
    ['ChaCha20-Poly1305 alone', alone('chacha20-poly1305')],
    ['AES-256-GCM alone', alone('aes-256-gcm')],
  ];
  console.log(`| a datagram with a frame of ${FRAME_BYTES} bytes | us |\n|---|---|`);
  for (const [name, run, before] of rows) console.log(`| ${name} | ${microseconds(run, before).toFixed(1)} |`);
  port.stop();
  keys.stop();
}

function microseconds(run: () => void, prepare?: (count: number) => void): number {
  const chunk = 1_000;
  let fastest = Infinity;
  for (let span = 0; span < SPANS; span++) {
    const until = performance.now() + SPAN_MS;
    let [spent, count] = [0, 0];
    while (performance.now() < until) {
      prepare?.(chunk);
      const cpuUs = cpuClock();
      for (let i = 0; i < chunk; i++) run();
      spent += cpuUs();
      count += chunk;
    }
    fastest = Math.min(fastest, spent / count);
  }
  return fastest;
}

async function perRelay(file: string, key: Uint8Array): Promise<void> {
  console.log(`\n| a relay with ${MOUNTS} mountpoints by UDP, ${Math.round(MOUNTS * FRAMES_PER_SECOND)} messages a second | cores |\n|---|---|`);
  const sealer = new Sealer(secretOf(NAME, key).seal);
  const ways: readonly (readonly [string, readonly string[], Seal | undefined])[] = [
    ['plain', [], undefined],
    ['sealed', ['--keys', file], (message) => sealer.seal(message)],
  ];
  for (const [name, more, seal] of ways) {
    const relay = await startDavecast(['relay', '--in', '0', '--out', '0', ...more], ['in', 'out']);
    const load = new Load(relay.ports.get('in')!, seal);
    load.start();
    const { cores, otherCores } = await watch({ relay: relay.pid }, CPU_SPANS + 1, CPU_SPAN_MS);
    load.stop();
    await relay.stop();
    // The first span has what is compiled.
    console.log(`| ${name} | ${quantile(cores['relay']!.slice(1), 0.5).toFixed(3)} (others ${quantile(otherCores, 0.5).toFixed(2)}, ${load.rate} messages a second) |`);
  }
}

/** Sends what 250 encoders would, by one socket. */
class Load {
  readonly #sender: UdpSender;
  readonly #streams = Array.from({ length: MOUNTS }, (_, i) => ({ id: streamIdOfKey(randomBytes(16), NAME), mountpoint: `mount-${i}`, sequence: 0 }));
  readonly #payload = randomBytes(FRAME_BYTES);
  #beganAt = 0;
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(port: number, seal: Seal | undefined) {
    this.#sender = new UdpSender({ address: '127.0.0.1', port, multicastVia: undefined, seal, failed: () => undefined });
  }

  get rate(): number {
    return Math.round((this.#sent * 1_000) / (performance.now() - this.#beganAt));
  }

  start(): void {
    this.#beganAt = performance.now();
    for (const stream of this.#streams) this.#send(stream, MessageType.ANNOUNCE, encodeAnnouncement({ audioType: 1, mountpoint: stream.mountpoint }));
    this.#timer = setInterval(() => {
      const due = ((performance.now() - this.#beganAt) / 1_000) * MOUNTS * FRAMES_PER_SECOND;
      while (this.#sent < due) this.#send(this.#streams[this.#sent % MOUNTS]!, MessageType.DATA, this.#payload);
    }, TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#sender.stop();
  }

  #send(stream: { readonly id: Uint8Array; sequence: number }, type: number, payload: Uint8Array): void {
    this.#sent++;
    this.#sender.send(encodeMessage({ type, replica: 0, streamId: stream.id, sequence: ++stream.sequence, payload }));
  }
}
