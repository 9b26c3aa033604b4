import { describe, expect, it } from 'vitest';
import type { ProcessEvent } from '../../../../shell/log/events.ts';
import { encoderText, sentenceOf, spanText } from '../../../../shell/log/text/sentence.ts';
import { figuresOf } from '../../../../shell/log/text/words.ts';
import { ENCODER } from '../../../core/support/encoder.ts';

const A = 'e350f409f1461e0d8a4c1b2f3d4e5f60';
const B = 'a5ca06cd4c1f1e0d8a4c1b2f3d4e5f61';
const figures = { silentMs: 412, catchUpMs: 380, missingMs: 0, offByMs: 4, waitMs: 0, repeatedMs: 0, lagMs: 12, matchedBy: 'content', candidates: 1 } as const;
const switched: ProcessEvent = { kind: 'switch', mount: 'radio', fromOrigin: 'studio-a', fromSource: '192.0.2.7', from: A, toOrigin: 'studio-b', toSource: '', to: B, reason: 'stalled', ...figures };
const lost = { kind: 'backup-lost', mount: 'radio', ...ENCODER, stream: A, why: 'no-path', onAirOrigin: 'studio-b', onAirSource: '192.0.2.8', onAir: B, forMs: 0 } as const;

describe('a line of the log', () => {
  it.each<readonly [ProcessEvent, string]>([
    [switched, 'radio: switched: studio-a (192.0.2.7) to studio-b, stalled'],
    [lost, 'radio: backup lost, nothing stands by: studio-a (192.0.2.7) comes by no connection any more, studio-b (192.0.2.8) is alone'],
    [{ ...lost, why: 'gone', onAir: '', forMs: 300_000 }, 'radio: backup lost, nothing stands by: studio-a (192.0.2.7) is gone, and no encoder is on air, for 5 min'],
    [{ kind: 'redundancy-restored', mount: 'radio', ...ENCODER, stream: A, backups: 1, forMs: 310_000 }, 'radio: redundancy restored: studio-a (192.0.2.7) stands by'],
    [{ kind: 'stalled', mount: 'radio', origin: '', source: '', stream: A, silentMs: 500, thresholdMs: 400, backups: 0 }, 'radio: live stream stalled: stream e350f409'],
    [{ kind: 'mount-started', mount: 'radio', origin: '', source: '', stream: '', codec: 'mp3', sampleRateHz: 44_100, channels: 2 }, 'radio: mountpoint started'],
    [{ kind: 'relay-lost', label: 'relay-1:8001', reason: 'idle', left: 1 }, 'relay lost: relay-1:8001, 1 left'],
    [{ kind: 'no-relay-left', label: 'relay-2:8001', reason: 'idle', forMs: 120_000 }, 'no relay left: relay-2:8001 was the last, for 2 min'],
    [{ kind: 'no-relay-left', label: 'relay-2:8001', reason: 'not reached', forMs: 10_000 }, 'no relay left: relay-2:8001 is not reached, for 10 s'],
    [{ kind: 'relay-back', label: 'relay-2:8001', relays: 1, forMs: 130_000 }, 'relay back: relay-2:8001, after 2 min without any'],
    [{ kind: 'mount-ended', mount: 'radio', why: 'no-source', ...ENCODER, stream: A, silentMs: 10_000, forMs: 20_000, listeners: 1, streams: [] }, 'radio: mountpoint ended: no frame from any encoder for 10 s, 1 listener disconnected'],
    [{ kind: 'no-target-left', label: 'relay-2:9001', forMs: 0 }, 'no target connected: relay-2:9001'],
    [{ kind: 'reloaded', by: 'SIGHUP', changed: 'relay, mounts.radio' }, 'configuration read again, changed: relay, mounts.radio'],
    [{ kind: 'needs-restart', keys: 'http, workers' }, 'cannot change while the process runs: http, workers'],
    [{ kind: 'reload-refused', by: 'SIGHUP', problem: 'site.yaml:1:1: unknown key "htpp"' }, 'configuration is wrong, nothing has changed: site.yaml:1:1: unknown key "htpp"'],
    [
      { kind: 'mount-ended', mount: 'radio', why: 'no-source', ...ENCODER, stream: A, silentMs: 10_000, forMs: 20_000, listeners: 7, streams: [] },
      'radio: mountpoint ended: no frame from any encoder for 10 s, 7 listeners disconnected',
    ],
    [
      { kind: 'programmes-differ', mount: 'radio', ...ENCODER, stream: A, other: B, otherOrigin: '', otherSource: '192.0.2.8' },
      'radio: two streams carry different programmes: studio-a (192.0.2.7) and 192.0.2.8',
    ],
    [{ kind: 'access', mount: 'radio', ip: '192.0.2.1', agent: '', connectedS: 1, bytes: 1, reason: 'closed' }, 'listener disconnected'],
    [{ kind: 'stopped' }, 'stopped'],
  ])('of %j', (event, line) => {
    expect(sentenceOf(event)).toBe(line);
  });

  it('has its figures in order: the ids of streams last, and what to do next', () => {
    expect(Object.keys(figuresOf(switched)).slice(-3)).toEqual(['next', 'from', 'to']);
    expect(Object.keys(figuresOf(lost))).toEqual(['mount', 'origin', 'source', 'why', 'onAirOrigin', 'onAirSource', 'forMs', 'next', 'stream', 'onAir']);
    expect(figuresOf(lost)).toMatchObject({ next: expect.stringContaining('check the relays') });
    expect(figuresOf({ ...switched, reason: 'preferred' })).not.toHaveProperty('next');
  });

  it('says of a mountpoint that has ended what each of its streams did last', () => {
    const streams = [{ ...ENCODER, stream: A, wasOnAir: true, why: 'stalled', silentMs: 10_000 }, { origin: '', source: '', stream: B, wasOnAir: false, why: undefined, silentMs: 30 }] as const;
    const ended: ProcessEvent = { kind: 'mount-ended', mount: 'radio', why: 'no-source', ...ENCODER, stream: A, silentMs: 10_000, forMs: 20_000, listeners: 7, streams };
    expect(figuresOf(ended)).toMatchObject({ streams: ['studio-a (192.0.2.7) was on air, has stalled, last frame 10 s before the end', 'stream a5ca06cd was well, last frame 0 s before the end'] });
  });

  it('has nothing in it that moves the cursor of a terminal', () => {
    expect(encoderText({ origin: 'a\u001b[2J\u202eb', source: '', stream: A })).toBe('a?[2J?b');
    expect(sentenceOf({ ...switched, mount: 'ra\ndio' })).toMatch(/^ra\?dio: /);
  });
});

it('tells spans as people read them', () => {
  expect([412, 9_999, 75_000, 119_000, 121_000, 3_600_000, 90_000_000].map(spanText)).toEqual(['0.4 s', '10 s', '75 s', '119 s', '2 min', '60 min', '25 h']);
});
