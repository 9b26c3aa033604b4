import type { PathId, SourceId, TargetId } from '../../../core/base/machine.ts';
import type { Micros } from '../../../core/base/units.ts';
import { withSettings } from '../../../core/config/settings.ts';
import { Edge } from '../../../core/edge/edge.ts';
import type { ProofChecks, Verify } from '../../../core/edge/intake/proof/checks.ts';
import { Encoder, type Signer } from '../../../core/encoder/encoder.ts';
import { anonymous } from '../../../core/links/peers/peer.ts';
import { transports } from '../../../core/links/transport.ts';
import { DIGEST_BYTES } from '../../../core/wire/messages/signature.ts';
import { newSeed, proofChecks, publicKeyOf, publicOf, signer, signingKeyId } from '../../../shell/net/keys/signing/signing.ts';
import { cpuClock } from '../../common/cpu.ts';
import { readOptions } from '../../common/options.ts';
import { mountName } from '../../load/plan.ts';

const FRAME_BYTES = 417;
const FRAME_US = 1_152_000_000 / 44_100;
const TICK_US = 5_000;
const WARM_UP_S = 6;
const SPANS = 6;
const SPAN_S = 2;
/** Of an audio message in a TCP connection. */
const MESSAGE_BYTES = 2 + 26 + FRAME_BYTES;

/**
 * What signatures cost, with real keys, in one thread and in virtual time: encoders with the mountpoints of a site, one that signs and one that does not, and edges that
 * take in all of them from two relays and verify nothing, give out before they verify, or hold. All are given the same in each span. The least of six: what else the machine does only adds to it.
 *
 *     npm run bench -- signatures [--mounts 250] [--encoders 2]
 */
export function signatures(args: readonly string[]): Promise<void> {
  const { mounts, encoders } = readOptions(args, { counts: { mounts: 250, encoders: 2 } });
  single();
  new Load(mounts, encoders).measure();
  return Promise.resolve();
}

function single(): void {
  const seed = newSeed();
  const checks = checksOf(seed);
  const own = signer(() => seed);
  const message = new Uint8Array(MESSAGE_BYTES - 2).fill(7);
  const content = new Uint8Array(450).fill(9);
  const digests = new Uint8Array(DIGEST_BYTES);
  own.digest(message, digests, 0);
  const signed = { keyId: own.keyId, atMs: Date.now(), mountpoint: 'm', digests, from: 1, to: 2, content, signature: own.sign(content) };
  console.log('| once | us |');
  console.log('|---|---|');
  for (const [what, times, run] of [
    ['digest of an audio message', 20_000, () => own.digest(message, digests, 0)],
    ['comparison of a message with a digest', 20_000, () => checks.differs(message, digests, 0)],
    ['signature', 2_000, () => own.sign(content)],
    ['verification', 2_000, () => checks.faultOf(signed)],
  ] as const) console.log(`| ${what} | ${fastestUs(times, run).toFixed(2)} |`);
}

function fastestUs(times: number, run: () => unknown): number {
  let fastest = Infinity;
  for (let span = 0; span < SPANS; span++) {
    const cpuUs = cpuClock();
    for (let i = 0; i < times; i++) run();
    fastest = Math.min(fastest, cpuUs() / times);
  }
  return fastest;
}

interface Machines {
  readonly signing: SiteEncoder;
  readonly plain: SiteEncoder;
}

/** Encoders of one site, and edges that take in what those that sign send. */
class Load {
  readonly #mounts: number;
  readonly #sites: readonly Machines[];
  readonly #edges: readonly Listening[];
  readonly #costsUs: Map<string, number> = new Map();
  #now = 0;

  constructor(mounts: number, encoders: number) {
    this.#mounts = mounts;
    const seed = newSeed();
    const own = signer(() => seed);
    const checks = checksOf(seed);
    this.#sites = Array.from({ length: encoders }, (_, site) => ({ signing: new SiteEncoder(mounts, site, own), plain: new SiteEncoder(mounts, site, undefined) }));
    this.#edges = (['off', 'switch', 'hold'] as const).map((verify) => new Listening(mounts, verify, checks));
  }

  measure(): void {
    this.#play(WARM_UP_S);
    const spans: ReadonlyMap<string, number>[] = [];
    for (let span = 0; span < SPANS; span++) {
      this.#costsUs.clear();
      this.#play(SPAN_S);
      spans.push(new Map(this.#costsUs));
    }
    const { signing, plain } = this.#sites[0]!;
    const perStream = (encoder: SiteEncoder): number => encoder.bytes / this.#mounts / (this.#now / 1e6);
    console.log(`\n${this.#mounts} mountpoints x ${this.#sites.length} encoders x 2 relays, MP3 at 128 kbit/s; CPU time, the least of ${SPANS} spans of ${SPAN_S} s`);
    console.log(`bytes a second and stream on the wire: ${perStream(plain).toFixed(0)} without, ${perStream(signing).toFixed(0)} with signatures (+${((100 * perStream(signing)) / perStream(plain) - 100).toFixed(1)} %)\n`);
    console.log('| process | share of a core | held and kept, MB |');
    console.log('|---|---|---|');
    for (const name of spans[0]!.keys()) {
      const share = Math.min(...spans.map((costs) => costs.get(name)! / (SPAN_S * 1e6)));
      const edge = this.#edges.find((one) => one.name === name);
      console.log(`| ${name} | ${share.toFixed(3)} | ${edge === undefined ? '' : (edge.edge.heldBytes / 1e6).toFixed(1)} |`);
    }
    for (const { name, edge } of this.#edges) if (edge.mountNames.length !== this.#mounts) throw new Error(`${name} has ${edge.mountNames.length} mountpoints`);
  }

  #play(seconds: number): void {
    for (const end = this.#now + seconds * 1e6; this.#now < end; this.#now += TICK_US) {
      const now = this.#now as Micros;
      for (const [site, { signing, plain }] of this.#sites.entries()) {
        this.#timed(site === 0 ? 'encoder that signs' : 'other encoders', () => signing.tick(now));
        this.#timed(site === 0 ? 'encoder' : 'other encoders', () => plain.tick(now));
        plain.take();
      }
      const sent = this.#sites.map(({ signing }) => signing.take());
      for (const edge of this.#edges) this.#timed(edge.name, () => edge.take(now, sent));
    }
  }

  #timed(what: string, run: () => void): void {
    const cpuUs = cpuClock();
    run();
    this.#costsUs.set(what, (this.#costsUs.get(what) ?? 0) + cpuUs());
  }
}

/** An encoder of all mountpoints. */
class SiteEncoder {
  bytes = 0;
  readonly #encoder: Encoder;
  readonly #sources: readonly { readonly id: SourceId; readonly fromUs: number }[];
  readonly #frame: Uint8Array;
  #frames: number[];
  #sent: Uint8Array[] = [];

  constructor(mounts: number, site: number, own: Signer | undefined) {
    this.#encoder = new Encoder({ settings: withSettings({}), signer: own }, {
      send: (_: TargetId, bytes) => {
        this.bytes += bytes.length;
        this.#sent.push(bytes);
      },
      backlogBytes: () => 0,
      reset: () => undefined,
      event: () => undefined,
    });
    const target = this.#encoder.addTarget(0 as Micros, { transport: transports.tcp, label: 'relay' });
    this.#encoder.targetUp(0 as Micros, target);
    this.#frame = frameOf(site);
    this.#frames = Array.from({ length: mounts }, () => 0);
    this.#sources = Array.from({ length: mounts }, (_, mount) => ({
      id: this.#encoder.openSource(0 as Micros, { streamId: idOf(site, mount), mountpoint: mountName(mount), origin: `site-${site}` }),
      fromUs: (mount * 104_729) % 1_000_000,
    }));
  }

  tick(now: Micros): void {
    if (this.#encoder.deadline <= now) this.#encoder.advance(now);
    for (const [mount, { id, fromUs }] of this.#sources.entries()) {
      if (fromUs + this.#frames[mount]! * FRAME_US > now) continue;
      const count = this.#frames[mount]!++;
      new DataView(this.#frame.buffer).setUint32(40, (count & 0x7f) | ((count & 0x3f80) << 1) | (mount << 16));
      this.#encoder.receive(now, id, this.#frame);
    }
  }

  /** What it has sent since. */
  take(): readonly Uint8Array[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }
}

/** An edge with a listener at each mountpoint. */
class Listening {
  readonly name: string;
  readonly edge: Edge;
  readonly #paths: readonly PathId[];
  readonly #mounts: number;
  #joined = 0;

  constructor(mounts: number, verify: Verify, proof: ProofChecks) {
    this.#mounts = mounts;
    this.name = verify === 'off' ? 'edge' : `edge, verify: ${verify}`;
    const policies = Object.fromEntries(Array.from({ length: mounts }, (_, mount) => [mountName(mount), { verify }]));
    this.edge = new Edge({ settings: withSettings({}), policies }, { send: () => undefined, backlogBytes: () => 0, end: () => undefined, event: () => undefined, ...(verify !== 'off' && { proof }) });
    this.#paths = ['relay-1', 'relay-2'].map((name) => this.edge.openPath(0 as Micros, transports.tcp, anonymous('relay', name)) as PathId);
  }

  take(now: Micros, sent: readonly (readonly Uint8Array[])[]): void {
    while (this.edge.deadline <= now) this.edge.advance(now);
    for (const path of this.#paths) for (const chunks of sent) for (const chunk of chunks) this.edge.receive(now, path, chunk);
    for (; this.#joined < this.#mounts; this.#joined++) if (typeof this.edge.join(now, mountName(this.#joined), { icy: false, label: 'listener' }) === 'string') break;
  }
}

function checksOf(seed: Uint8Array): ProofChecks {
  const open = publicOf(seed);
  const keys = new Map([[Buffer.from(signingKeyId(open)).toString('hex'), { name: 'site', mounts: undefined, key: publicKeyOf(open) }]]);
  return proofChecks(() => keys);
}

function idOf(site: number, mount: number): Uint8Array {
  const id = new Uint8Array(16).fill(0x3c);
  new DataView(id.buffer).setUint32(0, Math.imul(mount + 1, 0x9e37_79b1));
  new DataView(id.buffer).setUint32(12, Math.imul(site + 7, 0x85eb_ca6b) ^ mount);
  return id;
}

/** MP3 at 44.1 kHz, stereo, 128 kbit/s, with nothing in it that looks like a header. */
function frameOf(site: number): Uint8Array {
  const frame = Uint8Array.from({ length: FRAME_BYTES }, (_, i) => (i * 31 + site * 17) % 0x7f);
  frame.set([0xff, 0xfb, 0x90, 0x04]);
  frame.fill(0, 4, 6);
  return frame;
}
