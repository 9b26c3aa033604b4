import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHello, encodeHello } from '../../../../core/wire/messages/extensions.ts';
import { formatStreamId, MessageType } from '../../../../core/wire/pdu.ts';
import { FirstBytes, questionFor, type Introduction } from '../../../../core/links/wiring/first-bytes.ts';
import { ascii } from '../../codec/build.ts';
import { announce, data, framed, hello, message, streamId } from '../../support/messages.ts';

const said = framed(hello({ side: 'out', peerPort: 40_000 }, { stream: 7 }));

/** What is read in pieces of this many bytes. */
function readIn(pieceBytes: number, bytes: Uint8Array): Introduction | undefined {
  const first = new FirstBytes();
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const introduction = first.push(bytes.subarray(at, at + pieceBytes));
    if (introduction !== undefined) return introduction;
  }
  return undefined;
}

const beginnings: readonly (readonly [string, Uint8Array, Introduction])[] = [
  ['a HELLO', said, { kind: 'hello', processId: formatStreamId(streamId(7)), hello: { side: 'out', peerPort: 40_000 } }],
  ['an ANNOUNCE', framed(announce(1, 'jazz')), { kind: 'message', type: MessageType.ANNOUNCE }],
  ['audio', framed(data(1, new Uint8Array(417))), { kind: 'message', type: MessageType.DATA }],
  ['an acknowledgement', framed(message(MessageType.ACK, 9, new Uint8Array(0))), { kind: 'message', type: MessageType.ACK }],
  ['a HELLO of another form', framed(message(MessageType.HELLO, 1, new Uint8Array(1))), { kind: 'message', type: MessageType.HELLO }],
  ['an empty message', new Uint8Array(2), { kind: 'waits' }],
  ['the answer of a web server', ascii('HTTP/1.1 400 Bad Request\r\n\r\n'), { kind: 'http-answer' }],
  ['the answer of a Shoutcast server', ascii('ICY 200 OK\r\n\r\n'), { kind: 'http-answer' }],
  ['the request of a player', ascii('GET /jazz HTTP/1.1\r\nHost: x\r\n\r\n'), { kind: 'http-request' }],
  ['a source client', ascii('SOURCE /jazz ICE/1.0\r\n\r\n'), { kind: 'http-request' }],
  ['a libshout source client', ascii('OPTIONS * HTTP/1.1\r\n\r\n'), { kind: 'http-request' }],
  ['an edge that looks for a relay', ascii(questionFor('relay')), { kind: 'question', lookedFor: 'relay' }],
  ['an encoder that looks for a relay', ascii(questionFor('target')), { kind: 'question', lookedFor: 'target' }],
  ['a TLS handshake', Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3), { kind: 'tls' }],
  ['a TLS 1.2 alert', Uint8Array.of(0x15, 3, 3, 0, 2, 2, 40), { kind: 'tls' }],
  ['SSH', ascii('SSH-2.0-OpenSSH_9.2\r\n'), { kind: 'foreign' }],
  ['a message that is too short to be one', Uint8Array.of(0, 5, 1, 2, 3, 4, 5, 0, 0), { kind: 'foreign' }],
];

describe('the first bytes of a connection', () => {
  it.each(beginnings)('name %s, in one piece and byte by byte', (_name, bytes, introduction) => {
    expect(readIn(bytes.length, bytes)).toEqual(introduction);
    expect(readIn(1, bytes)).toEqual(introduction);
  });

  it('tell nothing before there are any', () => {
    expect(new FirstBytes().push(new Uint8Array(0))).toBeUndefined();
    expect(readIn(1, said.subarray(0, said.length - 1))).toBeUndefined();
  });

  it('never break it, whatever they are, and name the same in any chunking', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 70 }), (bytes, pieceBytes) => {
      const whole = readIn(1, bytes);
      const pieces = readIn(pieceBytes, bytes);
      if (whole !== undefined && whole.kind !== 'foreign' && whole.kind !== 'http-request') expect(pieces).toEqual(whole);
    }));
  });
});

describe('a HELLO', () => {
  it('is read as it was written', () => {
    fc.assert(fc.property(fc.constantFrom('in' as const, 'out' as const), fc.integer({ min: 0, max: 65_535 }), (side, peerPort) => {
      expect(decodeHello(encodeHello({ side, peerPort }))).toEqual({ side, peerPort });
    }));
  });

  it('is none of another length, or of another side', () => {
    for (const bytes of [[], [0, 1], [0, 1, 2, 3], [2, 1, 2]]) expect(decodeHello(Uint8Array.from(bytes))).toBeUndefined();
  });
});
