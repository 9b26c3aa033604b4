import { describe, expect, it } from 'vitest';
import { ms, type Micros } from '../../../../core/base/units.ts';
import { withSettings } from '../../../../core/config/settings.ts';
import type { Hello } from '../../../../core/wire/messages/extensions.ts';
import { MessageType } from '../../../../core/wire/pdu.ts';
import type { LookedFor } from '../../../../core/links/wiring/first-bytes.ts';
import { LinkWatch } from '../../../../core/links/wiring/link-watch.ts';
import { announce, framed, hello, message } from '../../support/messages.ts';

const PORT = 40_000;
const helloOf = (side: Hello['side'], peerPort = PORT): Uint8Array => framed(hello({ side, peerPort }, { stream: 7 }));

class Rig {
  readonly told: string[] = [];
  readonly watch: LinkWatch;
  now = 0 as Micros;

  constructor(expected: LookedFor) {
    this.watch = new LinkWatch({ settings: withSettings({ silentPeerMs: 5_000 }), expected }, {
      ask: () => this.told.push('ask'),
      problem: (problem) => this.told.push(problem),
      noStreamYet: () => this.told.push('no stream yet'),
      leadsTo: (id) => this.told.push(id === undefined ? 'leads nowhere' : `leads to ${Number.parseInt(id.slice(2, 4), 16)}`),
    });
  }

  open(...heard: Uint8Array[]): this {
    this.watch.opened(this.now, PORT);
    for (const bytes of heard) this.watch.heard(bytes);
    return this;
  }

  after(milliseconds: number): this {
    this.now = (this.now + ms(milliseconds)) as Micros;
    this.watch.advance(this.now);
    return this;
  }
}

describe('a subscription', () => {
  it('to a relay with streams is told of only by which process it is', () => {
    expect(new Rig('relay').open(helloOf('out'), framed(announce(1, 'jazz'))).after(60_000).told).toEqual(['leads to 7']);
    expect(new Rig('relay').open(Uint8Array.from([...helloOf('out'), ...framed(announce(1, 'jazz'))])).after(60_000).told).toEqual(['leads to 7']);
  });

  it('to a relay without streams says so once, and blames nobody', () => {
    expect(new Rig('relay').open(helloOf('out')).after(4_999).told).toEqual(['leads to 7']);
    expect(new Rig('relay').open(helloOf('out')).after(5_000).after(60_000).told).toEqual(['leads to 7', 'no stream yet']);
  });

  it('has carried something when anything but a HELLO has come by it, in any chunking', () => {
    const [said, audio] = [helloOf('out'), framed(announce(1, 'jazz'))];
    const hasCarried = (...chunks: Uint8Array[]): boolean => new Rig('relay').open(...chunks).watch.hasCarried;
    expect([hasCarried(), hasCarried(said), hasCarried(said.slice(0, 9), said.slice(9))]).toEqual([false, false, false]);
    expect([hasCarried(audio), hasCarried(said, audio), hasCarried(said, audio.slice(0, 1)), hasCarried(Uint8Array.from([...said, ...audio]))]).toEqual([true, true, true, true]);
    const [front, back] = [said.slice(0, 9), Uint8Array.from([...said.slice(9), ...audio])];
    expect(new Rig('relay').open(front, back).after(60_000).told).toEqual(['leads to 7']);
  });

  it('to a relay of the original with streams is no matter', () => {
    expect(new Rig('relay').open(framed(announce(1, 'jazz'))).after(60_000).told).toEqual([]);
  });

  it('that hears nothing asks, and tells what the answer is, or that there is none', () => {
    const silent = new Rig('relay').open().after(5_000);
    expect(silent.told).toEqual(['ask']);
    silent.watch.answered(undefined);
    expect(silent.told).toEqual(['ask', 'relay-is-silent']);
    const http = new Rig('relay').open().after(5_000);
    http.watch.answered({ kind: 'http-answer' });
    expect(http.told).toEqual(['ask', 'peer-is-http']);
  });

  it('blames nobody when the relay has spoken before the answer failed to come', () => {
    const rig = new Rig('relay').open().after(5_000);
    rig.watch.heard(framed(announce(1, 'jazz')));
    rig.watch.answered(undefined);
    expect(rig.told).toEqual(['ask']);
  });

  it('does not believe which process it is of a HELLO that was passed on', () => {
    expect(new Rig('relay').open(helloOf('out', PORT + 1)).told).toEqual([]);
  });

  it('that is closed without a word asks, once a minute at most; not when we close it', () => {
    const rig = new Rig('relay').open();
    rig.watch.closed(rig.now);
    rig.open().after(1_000).watch.closed(rig.now);
    expect(rig.told.filter((what) => what === 'ask')).toHaveLength(1);
    rig.after(60_000).open().watch.closed(rig.now);
    expect(rig.told.filter((what) => what === 'ask')).toHaveLength(2);
    const ours = new Rig('relay').open();
    ours.watch.dropped();
    expect(ours.after(60_000).told).toEqual(['leads nowhere']);
  });
});

describe('a target', () => {
  it('that is the incoming port of a relay is no matter, and neither is one that says nothing', () => {
    expect(new Rig('target').open(helloOf('in'), framed(message(MessageType.ACK, 1, new Uint8Array(0)))).after(60_000).told).toEqual(['leads to 7']);
    expect(new Rig('target').open().after(60_000).told).toEqual([]);
  });

  it.each([
    ['a relay of ours without streams', helloOf('out'), ['target-is-out-port', 'leads to 7']],
    ['a relay of the original', framed(announce(1, 'jazz')), ['target-is-out-port']],
    ['an HTTP server', Uint8Array.from('HTTP/1.0 400 Bad Request', (letter) => letter.charCodeAt(0)), ['peer-is-http']],
    ['a TLS server', Uint8Array.of(0x15, 3, 1, 0, 2, 2, 70), ['peer-is-tls']],
  ])('that is the outgoing port of %s, or the like, is told', (_name, bytes, told) => {
    expect(new Rig('target').open(bytes).told).toEqual(told);
  });

  it('that closes without a word is asked, and silence is no matter then', () => {
    const rig = new Rig('target').open();
    rig.watch.closed(rig.now);
    rig.watch.answered(undefined);
    expect(rig.told).toEqual(['leads nowhere', 'ask']);
    rig.watch.answered({ kind: 'http-answer' });
    expect(rig.told).toEqual(['leads nowhere', 'ask', 'peer-is-http']);
  });
});
