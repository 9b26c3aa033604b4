import { describe, expect, it } from 'vitest';
import type { PathId } from '../../../core/base/machine.ts';
import type { Micros } from '../../../core/base/units.ts';
import { defaultSettings } from '../../../core/config/settings.ts';
import { anonymous } from '../../../core/links/peers/peer.ts';
import { transports } from '../../../core/links/transport.ts';
import type { EdgeEvent } from '../../../core/edge/events.ts';
import type { AudioKept } from '../../../core/recording/file/format.ts';
import { recordedEdge } from '../../../core/recording/recorded-edge.ts';
import { replay } from '../../../sim/replay/replay.ts';
import { recorderOn, Tape } from '../../core/recording/support.ts';
import { numbered, range } from '../../core/support/frames.ts';
import { announce, data, framed } from '../../core/support/messages.ts';
import { Checks, Key, signedBy } from '../../core/support/signing.ts';

const key = new Key('studio-a');
const FRAME_US = 26_122;

/** Nine seconds by two relays, of which one changes audio from the fifth on, and brings every other message later. */
function recordVerified(audio: AudioKept): { tape: Tape; events: EdgeEvent[] } {
  const settings = { ...defaultSettings, recordMs: 8_000 };
  const tape = new Tape();
  const events: EdgeEvent[] = [];
  const recorder = recorderOn(tape, 'edge', { settings, audio });
  const edge = recordedEdge({ settings }, { send: () => {}, backlogBytes: () => 0, end: () => {}, proof: new Checks([key]), event: (event) => events.push(event) }, recorder);
  const [bad, good] = ['bad', 'good'].map((name) => edge.openPath(0 as Micros, transports.tcp, anonymous('relay', name)) as PathId);
  const messages = range(0, 8).flatMap((second) => {
    const first = 1 + second * 39;
    return signedBy(key, range(0, 37).map((n) => (n === 0 ? announce(first, 'test') : data(first + n, numbered(second * 37 + n)))), { sequence: first + 38, mountpoint: 'test' });
  });
  for (const [n, message] of messages.entries()) {
    const now = ((n + 1) * FRAME_US) as Micros;
    edge.advance(now);
    const changed = message.slice();
    if (n > 160 && message[0] === 0) changed.set(numbered(n, 99), 26);
    if (n % 2 === 0) edge.receive(now, bad!, framed(changed));
    edge.receive(now, good!, framed(message));
    if (n % 2 === 1) edge.receive(now, bad!, framed(changed));
  }
  edge.advance(20_000_000 as Micros);
  recorder.seal();
  return { tape, events };
}

describe('a recording of an edge that verifies', () => {
  it.each(['whole', 'left-out'] as const)('replays as it was, without a key: audio %s', (audio) => {
    const { tape, events } = recordVerified(audio);
    expect(events.some(({ kind }) => kind === 'relay-forges')).toBe(true);
    expect(tape.generations.length).toBeGreaterThan(3);
    // Also from the middle, where messages are held.
    for (const from of range(0, tape.generations.length - 1)) {
      const recording = tape.recording(from);
      expect(recording.generations[0]!.head.verifies).toBe(true);
      for (const stretch of replay(recording)) expect(stretch).toMatchObject({ divergence: undefined, failure: undefined });
    }
  });
});
