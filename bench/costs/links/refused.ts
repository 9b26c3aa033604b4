import { encodeAnnouncement } from '../../../core/wire/messages/announce.ts';
import { Edge } from '../../../core/edge/edge.ts';
import type { PathId } from '../../../core/base/machine.ts';
import { anonymous } from '../../../core/links/peers/peer.ts';
import { transports } from '../../../core/links/transport.ts';
import { encodeMessage, MessageType, PDU_HEADER_BYTES } from '../../../core/wire/pdu.ts';
import { Relay } from '../../../core/relay/relay.ts';
import { defaultSettings } from '../../../core/config/settings.ts';
import { utf8Encode } from '../../../core/base/text.ts';
import type { Micros } from '../../../core/base/units.ts';

const SPANS = 5;
const SPAN_MS = 300;
const FRAME_BYTES = 418;
const LONG_BYTES = 65_000;

/** Takes in one message; `now` in microseconds. */
type Take = (now: Micros, message: Uint8Array) => void;

/**
 * What one message costs a relay and an edge, in nanoseconds: one of audio that is accepted, and those that somebody sends to
 * keep us busy. Nothing that is refused may cost more than what is accepted. The fastest of five spans.
 */
export function refused(): Promise<void> {
  console.log('| message | relay, ns | edge, ns |');
  console.log('|---|---|---|');
  for (const { name, make } of cases) {
    const [relay, edge] = [relayTaker, edgeTaker].map((taker) => Math.round(nanoseconds(taker(), make())));
    console.log(`| ${name} | ${relay} | ${edge} |`);
  }
  return Promise.resolve();
}

/** Makes a message of one kind after the other. */
type Make = () => Uint8Array;

const cases: readonly { readonly name: string; readonly make: () => Make }[] = [
  { name: `DATA of ${FRAME_BYTES} bytes, in order`, make: () => rising(MessageType.DATA, new Uint8Array(FRAME_BYTES - PDU_HEADER_BYTES)) },
  { name: 'DATA, a second copy', make: () => same(MessageType.DATA, new Uint8Array(FRAME_BYTES - PDU_HEADER_BYTES)) },
  { name: 'DATA without payload, spread over the window', make: spread },
  { name: 'ORIGIN of 64 kB', make: () => rising(MessageType.ORIGIN, new Uint8Array(LONG_BYTES).fill(0x61)) },
  { name: 'METADATA of 64 kB', make: () => rising(MessageType.METADATA, new Uint8Array(LONG_BYTES).fill(0x61)) },
  { name: 'HEADERS of 64 kB', make: () => rising(MessageType.HEADERS, new Uint8Array(LONG_BYTES).fill(0x0a)) },
  { name: 'HEADERS of 8 kB, lines without a name', make: () => rising(MessageType.HEADERS, lines(8_000)) },
  { name: 'ANNOUNCE of 64 kB', make: () => rising(MessageType.ANNOUNCE, new Uint8Array(LONG_BYTES).fill(0x61)) },
  { name: 'ANNOUNCE of a name with a space', make: () => rising(MessageType.ANNOUNCE, encodeAnnouncement({ audioType: 1, mountpoint: `${'a'.repeat(253)} ` })) },
  { name: 'ANNOUNCE of a reserved name', make: () => rising(MessageType.ANNOUNCE, encodeAnnouncement({ audioType: 1, mountpoint: `admin/${'é'.repeat(120)}` })) },
  { name: 'SOURCE that makes no sense', make: () => rising(MessageType.SOURCE, new Uint8Array(LONG_BYTES).fill(2)) },
  { name: 'DATA of a stream that is new each time', make: inventing },
];

function rising(type: number, payload: Uint8Array): Make {
  const message = encodeMessage({ type, replica: 0, streamId: new Uint8Array(16).fill(1), sequence: 0, payload });
  let sequence = 1;
  return () => {
    writeSequence(message, sequence++);
    return message;
  };
}

function same(type: number, payload: Uint8Array): Make {
  const message = encodeMessage({ type, replica: 0, streamId: new Uint8Array(16).fill(1), sequence: 1, payload });
  return () => message;
}

/** Of a stream that has begun, and lacks one message: what comes lies anywhere in the window behind that. */
function spread(): Make {
  const message = encodeMessage({ type: MessageType.DATA, replica: 0, streamId: new Uint8Array(16).fill(1), sequence: 1, payload: new Uint8Array(0) });
  let turn = 0;
  return () => {
    const place = turn++ % 1_000;
    writeSequence(message, 1 + 1_025 * Math.floor(turn / 1_000) + (place === 0 ? 0 : 1_000 - place));
    return message;
  };
}

function inventing(): Make {
  const message = encodeMessage({ type: MessageType.DATA, replica: 0, streamId: new Uint8Array(16), sequence: 1, payload: new Uint8Array(0) });
  let id = 0;
  return () => {
    id++;
    new DataView(message.buffer).setUint32(2, id);
    new DataView(message.buffer).setUint32(14, Math.imul(id, 0x9e37_79b1) >>> 0);
    return message;
  };
}

function lines(bytes: number): Uint8Array {
  return utf8Encode('a\n'.repeat(bytes / 2));
}

function writeSequence(message: Uint8Array, sequence: number): void {
  const view = new DataView(message.buffer);
  view.setUint32(18, Math.floor(sequence / 0x1_0000_0000));
  view.setUint32(22, sequence >>> 0);
}

function relayTaker(): Take {
  const relay = new Relay({ settings: defaultSettings }, { send: nothing, backlogBytes: () => 0, cut: nothing, drop: nothing, event: nothing });
  const path = relay.openPath(0 as Micros, transports.udp, anonymous('source', '192.0.2.1:1000')) as PathId;
  return (now, message) => {
    if (relay.deadline <= now) relay.advance(now);
    relay.receive(now, path, message);
  };
}

function edgeTaker(): Take {
  const edge = new Edge({ settings: defaultSettings }, { send: nothing, backlogBytes: () => 0, end: nothing, event: nothing });
  const paths = ['one', 'two'].map((label) => edge.openPath(0 as Micros, transports.udp, anonymous('relay', label)) as PathId);
  const first = encodeMessage({ type: MessageType.DATA, replica: 0, streamId: new Uint8Array(16).fill(1), sequence: 0, payload: new Uint8Array(0) });
  for (const path of paths) edge.receive(0 as Micros, path, first);
  return (now, message) => {
    if (edge.deadline <= now) edge.advance(now);
    edge.receive(now, paths[0]!, message);
  };
}

/** One message every 20 microseconds of the machine's time: 50,000 a second. */
function nanoseconds(take: Take, make: Make): number {
  let now = 0;
  let fastest = Infinity;
  for (let span = 0; span < SPANS; span++) {
    const until = performance.now() + SPAN_MS;
    const begin = performance.now();
    let count = 0;
    while (performance.now() < until) {
      for (let i = 0; i < 100; i++) take((now += 20) as Micros, make());
      count += 100;
    }
    fastest = Math.min(fastest, ((performance.now() - begin) * 1e6) / count);
  }
  return fastest;
}

function nothing(): void {}
