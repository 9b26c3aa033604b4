import type { EdgeEvent } from '../../../core/edge/events.ts';
import type { PathId } from '../../../core/base/machine.ts';
import { encodeMessage, formatStreamId, MessageType, type Message } from '../../../core/wire/pdu.ts';
import { withSettings } from '../../../core/config/settings.ts';
import { micros } from '../../../core/base/units.ts';
import { transports } from '../../../core/links/transport.ts';
import { mp3 } from '../../../sim/programme/model-frame.ts';
import { EdgeModel } from '../../../sim/oracle/model/edge-model.ts';
import type { SwitchEvent } from '../../../sim/oracle/model/mount-model.ts';
import { Oracle } from '../../../sim/oracle/oracle.ts';
import { Programme, type Glance, type ModelStream } from '../../../sim/programme/programme.ts';
import { World } from '../../../sim/world/world.ts';
import { ENCODER } from '../../core/support/encoder.ts';

export const FRAME_MS = 26.122;

const encoder = { mount: 'live', format: mp3(), ppm: 0, beginsAtUs: 0 };

function idOf({ instance }: ModelStream): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, index) => 10 * instance + index);
}

/** An edge that says what the test says, of two encoders that come by one path or more. */
export class Told {
  readonly world: World = new World();
  readonly programme: Programme = new Programme();
  readonly oracle: Oracle = new Oracle(this.world);
  readonly model: EdgeModel = new EdgeModel({
    who: 'edge',
    clock: this.world,
    oracle: this.oracle,
    settings: withSettings({}),
    policies: { live: { prefer: 'a', settings: { returnMs: 2_000, silentSwitchMs: 1_000 } } },
    isMatched: (_mount, stream) => stream === this.matched,
  });
  /** The edge knows by content where this stream lies. */
  matched = '';
  readonly a: ModelStream = this.stream('a');
  readonly b: ModelStream = this.stream('b');

  /** An encoder of MP3 from the beginning of the programme. */
  stream(name: string): ModelStream {
    return this.programme.newStream({ ...encoder, name: `${name}#1` });
  }

  /** One that nobody allowed. */
  stranger(name: string): ModelStream {
    return this.programme.newStream({ ...encoder, name: `${name}#1`, isForeign: true, isStranger: true });
  }

  id(stream: ModelStream): string {
    return formatStreamId(idOf(stream));
  }

  /** Message n carries frame n. */
  comes(atMs: number, stream: ModelStream, sequence: number, path = 1): void {
    this.#message(atMs, path, { type: MessageType.DATA, streamId: idOf(stream), sequence, payload: new Uint8Array(400) }, { stream, index: sequence });
  }

  /** Message n carries a title. */
  titled(atMs: number, stream: ModelStream, sequence: number, path = 1): void {
    this.#message(atMs, path, { type: MessageType.METADATA, streamId: idOf(stream), sequence, payload: new Uint8Array(4) });
  }

  says(event: EdgeEvent): void {
    this.model.event(this.world.now, event);
  }

  /** Both come from 0 to `untilMs`, and the first one is on air. */
  begins(untilMs: number): void {
    for (let n = 0; n * FRAME_MS < untilMs; n++) {
      for (const stream of [this.a, this.b]) this.comes(n * FRAME_MS, stream, n);
      if (n > 0) continue;
      for (const stream of [this.a, this.b]) this.says({ kind: 'stream-new', stream: this.id(stream), label: 'relay' });
      this.says({ kind: 'mount-started', mount: 'live', ...ENCODER, stream: this.id(this.a), codec: 'mp3', sampleRateHz: 44_100, channels: 2 });
      this.says({ kind: 'backup-added', mount: 'live', ...ENCODER, stream: this.id(this.b), backups: 1 });
    }
  }

  gap(stream: ModelStream, sequence: number, messages: number, others: Partial<Extract<EdgeEvent, { kind: 'gap' }>> = {}): void {
    this.says({ kind: 'gap', mount: 'live', ...ENCODER, stream: this.id(stream), sequence, messages, waitedMs: 0, verdict: 'disproved', action: 'skipped', ...others });
  }

  switches(from: ModelStream, to: ModelStream, reason: SwitchEvent['reason'], others: Partial<SwitchEvent> = {}): void {
    const figures = { silentMs: 0, catchUpMs: 0, missingMs: 0, offByMs: 0, waitMs: 0, repeatedMs: 0, lagMs: 0, matchedBy: 'content', candidates: 1, fromOrigin: '', fromSource: '', toOrigin: '', toSource: '' } as const;
    this.says({ kind: 'switch', mount: 'live', from: this.id(from), to: this.id(to), reason, ...figures, ...others });
  }

  get broken(): string[] {
    return this.oracle.violations.map(({ rule }) => rule);
  }

  #message(atMs: number, path: number, message: Omit<Message, 'replica'>, frame?: Glance): void {
    this.world.run(micros(atMs * 1000));
    const bytes = encodeMessage({ ...message, replica: 0 });
    this.model.message(this.world.now, path as PathId, transports.tcp, bytes, 0, bytes.length, frame);
  }
}
