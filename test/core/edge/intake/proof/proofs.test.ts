import { describe, expect, it } from 'vitest';
import type { ListenerId, PathId } from '../../../../../core/base/machine.ts';
import type { Micros } from '../../../../../core/base/units.ts';
import type { MountPolicy } from '../../../../../core/config/mount-policy.ts';
import type { EdgeWish } from '../../../../../core/edge/intake/demand.ts';
import { EdgeRig } from '../../../support/edge-rig.ts';
import { breaks, makersIn, numbered, numbersIn, range } from '../../../support/frames.ts';
import { announce, data } from '../../../support/messages.ts';
import { Checks, Key, signedBy } from '../../../support/signing.ts';

const FRAME_MS = 26;
const STRANGER = 99;
const key = new Key('studio-a');

/** An encoder with this key: message 1 is an ANNOUNCE; the others are one frame each, of which every 39 are signed. */
function made(seconds: number, { by = key, stream = 1, mountpoint = 'test' } = {}): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let second = 0; second < seconds; second++) {
    const first = all.length + 1;
    const messages = range(0, 38).map((n) => (n === 0 ? announce(first, mountpoint, { stream }) : data(first + n, numbered(second * 38 + n - 1), { stream })));
    all.push(...signedBy(by, messages, { stream, sequence: first + 39, atMs: second * 1_000, mountpoint }));
  }
  return all;
}

/** The same message with another frame. */
function changed(message: Uint8Array, frame = 7): Uint8Array {
  const other = message.slice();
  other.set(numbered(frame, STRANGER), 26);
  return other;
}

function isData(message: Uint8Array): boolean {
  return message[0] === 0;
}

class Rig extends EdgeRig {
  readonly checks: Checks;

  constructor(policy: MountPolicy = {}, checks: Checks = new Checks([key]), wish?: EdgeWish) {
    super({}, { proof: checks, policies: { test: policy }, wish });
    this.checks = checks;
  }

  /** Message n comes at n frames' time, by each of the paths as that has it. */
  play(messages: readonly Uint8Array[], ways: readonly ((message: Uint8Array, n: number) => void)[], fromMs = this.now / 1000): void {
    for (const [n, message] of messages.entries()) {
      this.until(fromMs + n * FRAME_MS);
      this.checks.nowMs = this.now / 1000;
      for (const way of ways) way(message, n);
    }
  }

  way(path: PathId, change: (message: Uint8Array, n: number) => Uint8Array | undefined = (message) => message): (message: Uint8Array, n: number) => void {
    return (message, n) => {
      const sent = change(message, n);
      if (sent !== undefined) this.tcp(path, sent);
    };
  }

  dropped(path: PathId): Readonly<Record<string, number>> {
    return this.edge.stats.paths.find(({ id }) => id === path)!.dropped;
  }

  /** A listener as soon as there is a mountpoint. */
  listen(): ListenerId {
    return this.join('test', { burstMs: 10_000 });
  }
}

describe.each(['switch', 'hold'] as const)('a mountpoint that is verified: %s', (verify) => {
  it('gives out all that was signed, in order', () => {
    const rig = new Rig({ verify });
    const path = rig.open();
    const messages = made(4);
    rig.play(messages.slice(0, 50), [rig.way(path)]);
    const listener = rig.listen();
    rig.play(messages.slice(50), [rig.way(path)]);
    rig.until(rig.now / 1000 + 500);
    expect(numbersIn(rig.audio(listener))).toEqual(range(0, 4 * 38 - 1));
    expect(rig.dropped(path)).toEqual({});
    expect(rig.of('gap')).toEqual([]);
  });

  it('is not there before its stream is proven', () => {
    const rig = new Rig({ verify });
    const path = rig.open();
    rig.play(made(1).slice(0, 39), [rig.way(path)]);
    expect(rig.edge.mountNames).toEqual([]);
    rig.play(made(1).slice(39), [rig.way(path)]);
    expect(rig.edge.mountNames).toEqual(['test']);
  });

  it('does not exist for a stream that is not signed, and says so once a minute', () => {
    const rig = new Rig({ verify });
    const path = rig.open();
    rig.play(made(20).filter((message) => message[0] !== 22), [rig.way(path)]);
    rig.until(25_000);
    expect(rig.edge.mountNames).toEqual([]);
    expect(rig.dropped(path)).toEqual({ unsigned: 20 * 39 });
    expect(rig.of('stream-unproven')).toMatchObject([{ label: 'relay', mount: 'test', why: 'no-signature', messages: 1 }]);
    expect(rig.edge.stats.countedBytes).toBe(0);
    expect(rig.edge.heldBytes).toBe(0);
  });

  it('says nothing of a stream that has ended, of which a relay has the newest ANNOUNCE', () => {
    const rig = new Rig({ verify });
    const path = rig.open();
    rig.tcp(path, announce(500, 'test'));
    rig.until(10_000);
    expect(rig.dropped(path)).toEqual({ unsigned: 1 });
    expect(rig.of('stream-unproven')).toEqual([]);
  });

  it.each([
    ['unknown-key', { by: new Key('somebody') }],
    ['not-allowed', { mountpoint: 'other' }],
  ] as const)('does not exist for a stream with a signature that is not good: %s', (why, { by = key, mountpoint = 'test' }: { by?: Key; mountpoint?: string }) => {
    const checks = new Checks([key]);
    const rig = new Rig({ verify }, checks);
    const path = rig.open();
    rig.play(made(5, { by, mountpoint }).map((message) => (message[0] === 2 ? announce(Number(new DataView(message.buffer).getBigUint64(18)), 'test') : message)), [rig.way(path)]);
    rig.until(12_000);
    expect(rig.edge.mountNames).toEqual([]);
    expect(rig.of('stream-unproven')).toMatchObject([{ why }]);
  });

  it('has each reason told of a relay, also when another one was told just before', () => {
    const rig = new Rig({ verify });
    const path = rig.open();
    const unsigned = made(4).filter((message) => message[0] !== 22);
    const foreign = made(4, { by: new Key('somebody'), stream: 7 });
    rig.play(unsigned.flatMap((message, n) => [message, ...(foreign[n] === undefined ? [] : [foreign[n]])]), [rig.way(path)]);
    rig.until(12_000);
    expect(rig.of('stream-unproven').map(({ why }) => why).sort()).toEqual(['no-signature', 'unknown-key']);
  });

  it('does not exist for a recorded stream that is brought again', () => {
    const rig = new Rig({ verify });
    const path = rig.open();
    rig.until(3_600_000);
    rig.play(made(5), [rig.way(path)]);
    rig.until(rig.now / 1000 + 5_000);
    expect(rig.edge.mountNames).toEqual([]);
    expect(rig.of('stream-unproven')).toMatchObject([{ why: 'wrong-time' }]);
  });

  it('takes both of two keys', () => {
    const [old, young] = [key, new Key('studio-a, next')];
    const rig = new Rig({ verify }, new Checks([old, young]));
    const path = rig.open();
    const [before, after] = [made(4), made(4, { by: young })];
    const messages = [...before.slice(0, 80), ...after.slice(80)];
    rig.play(messages.slice(0, 50), [rig.way(path)]);
    const listener = rig.listen();
    rig.play(messages.slice(50), [rig.way(path)]);
    rig.until(rig.now / 1000 + 500);
    expect(numbersIn(rig.audio(listener))).toEqual(range(0, 4 * 38 - 1));
  });

  it('takes a message that is lost on one way from the other', () => {
    const rig = new Rig({ verify });
    const [a, b] = [rig.open('udp', 'a'), rig.open('udp', 'b')];
    const messages = made(4);
    const ways = [(message: Uint8Array, n: number): void => (n % 3 === 1 && n !== 39 ? undefined : rig.udp(a, message)), (message: Uint8Array, n: number): void => (n % 3 === 2 ? undefined : rig.udp(b, message))];
    rig.play(messages.slice(0, 50), ways);
    const listener = rig.listen();
    rig.play(messages.slice(50), ways);
    rig.until(rig.now / 1000 + 500);
    expect(breaks(numbersIn(rig.audio(listener)))).toEqual([]);
    expect(rig.of('relay-forges')).toEqual([]);
  });

  it('loses a message that no way has, and blames nobody', () => {
    const rig = new Rig({ verify });
    const path = rig.open();
    const messages = made(4);
    rig.play(messages.slice(0, 50), [rig.way(path)]);
    const listener = rig.listen();
    rig.play(messages.slice(50), [rig.way(path, (message, n) => (n === 20 ? undefined : message))]);
    rig.until(rig.now / 1000 + 500);
    expect(breaks(numbersIn(rig.audio(listener)))).toHaveLength(1);
    expect(rig.of('relay-forges')).toEqual([]);
    expect(rig.dropped(path)).toEqual({});
  });
});

describe('a relay that changes audio', () => {
  it('is heard by nobody where audio is held, and what it lacks comes from the other relay', () => {
    const rig = new Rig({ verify: 'hold' });
    const [bad, good] = [rig.open('tcp', 'bad'), rig.open('tcp', 'good')];
    const messages = made(6);
    const ways = [rig.way(bad, (message, n) => (isData(message) && n > 60 ? changed(message) : message)), rig.way(good)];
    rig.play(messages.slice(0, 50), ways);
    const listener = rig.listen();
    rig.play(messages.slice(50), ways.map((way) => (message, n) => way(message, n + 50)));
    rig.until(rig.now / 1000 + 500);
    expect(numbersIn(rig.audio(listener))).toEqual(range(0, 6 * 38 - 1));
    expect(makersIn(rig.audio(listener))).not.toContain(STRANGER);
    expect(rig.of('relay-forges')).toMatchObject([{ label: 'bad', mount: 'test', messages: 1, given: 0 }]);
    expect(rig.dropped(good)).not.toHaveProperty('forged');
  });

  it('is heard with one message at most where another relay has the true ones', () => {
    const rig = new Rig();
    const [bad, good] = [rig.open('tcp', 'bad'), rig.open('tcp', 'good')];
    const messages = made(8);
    const ways = [rig.way(bad, (message, n) => (isData(message) && n > 100 ? changed(message) : message)), rig.way(good)];
    rig.play(messages.slice(0, 50), ways);
    const listener = rig.listen();
    rig.play(messages.slice(50), ways.map((way) => (message, n) => way(message, n + 50)));
    rig.until(rig.now / 1000 + 500);
    const makers = makersIn(rig.audio(listener));
    expect(makers.filter((maker) => maker === STRANGER)).toHaveLength(1);
    // All that comes behind is there: the stream was held for the rest of its second.
    expect(makers).toHaveLength(8 * 38);
    expect(rig.of('relay-forges')).toMatchObject([{ label: 'bad', given: 1 }]);
  });

  it('is heard for no longer than until the next signature where there is no other one', () => {
    const rig = new Rig();
    const path = rig.open();
    const messages = made(8);
    const way = rig.way(path, (message, n) => (isData(message) && n > 100 ? changed(message) : message));
    rig.play(messages.slice(0, 50), [way]);
    const listener = rig.listen();
    rig.play(messages.slice(50), [(message, n) => way(message, n + 50)]);
    rig.until(rig.now / 1000 + 500);
    // Message 101 is the 21st of its second.
    expect(makersIn(rig.audio(listener)).filter((maker) => maker === STRANGER)).toHaveLength(18);
    expect(rig.dropped(path)).toMatchObject({ forged: 18 + 38 * 5 });
  });

  it('cannot send ahead what no signature has reached', () => {
    const rig = new Rig();
    const path = rig.open();
    const messages = made(4);
    rig.play(messages.slice(0, 80), [rig.way(path)]);
    const listener = rig.join('test');
    for (let n = 0; n < 2_000; n++) rig.tcp(path, data(81 + n, numbered(n, STRANGER)));
    rig.until(rig.now / 1000 + 10_000);
    // Two seconds' worth of messages.
    expect(makersIn(rig.audio(listener)).length).toBeLessThanOrEqual(80);
    expect(rig.edge.heldBytes).toBeLessThan(2_000_000);
  });

  it('is not believed for a second message of one number, and makes nobody else suspect by it', () => {
    const rig = new Rig();
    const [bad, good] = [rig.open('tcp', 'bad'), rig.open('tcp', 'good')];
    const messages = made(6);
    rig.play(messages.slice(0, 50), [rig.way(good), rig.way(bad)]);
    const listener = rig.listen();
    rig.play(messages.slice(50), [rig.way(good), rig.way(bad), (_, n) => rig.tcp(bad, data(1_000 + n, numbered(1, STRANGER)), data(1_000 + n, numbered(2, STRANGER)))]);
    rig.until(rig.now / 1000 + 500);
    expect(numbersIn(rig.audio(listener))).toEqual(range(0, 6 * 38 - 1));
    expect(rig.longestPauseMs(listener, 1_400)).toBeLessThan(700);
    expect(rig.of('relay-forges')).toMatchObject([{ label: 'bad', given: 0 }]);
  });

  it('takes nothing from the other one by wrong signatures, and costs no more than a few verifications', () => {
    const rig = new Rig();
    const [bad, good] = [rig.open('tcp', 'bad'), rig.open('tcp', 'good')];
    const messages = made(6);
    const wrong = (message: Uint8Array): Uint8Array => {
      if (message[0] === 22) message = message.with(message.length - 1, message.at(-1)! ^ 1);
      return message;
    };
    const unsigned = wrong(messages[39]!);
    rig.play(messages.slice(0, 50), [rig.way(bad), rig.way(good)]);
    const listener = rig.listen();
    rig.play(messages.slice(50), [rig.way(bad, wrong), rig.way(good), (_, n) => {
      for (let more = 0; more < 10; more++) rig.tcp(bad, unsigned.with(25, (n * 10 + more) & 0xff));
    }]);
    rig.until(rig.now / 1000 + 500);
    expect(numbersIn(rig.audio(listener))).toEqual(range(0, 6 * 38 - 1));
    expect(rig.checks.verifications).toBeLessThan(6 + 20);
    expect(rig.of('relay-forges')).toMatchObject([{ label: 'bad' }]);
  });

  it('cannot take a stream that was proven to a mountpoint that is not verified', () => {
    const rig = new Rig();
    const path = rig.open();
    const messages = made(6);
    const moved = (message: Uint8Array, n: number): Uint8Array => {
      if (n < 80) return message;
      return isData(message) ? changed(message) : announce(n + 1, 'elsewhere');
    };
    rig.play(messages.slice(0, 50), [rig.way(path)]);
    const listener = rig.listen();
    rig.play(messages.slice(50), [(message, n) => rig.way(path, moved)(message, n + 50)]);
    rig.until(rig.now / 1000 + 500);
    expect(rig.edge.mountNames).toEqual(['test']);
    expect(makersIn(rig.audio(listener))).not.toContain(STRANGER);
    expect(rig.of('relay-forges')).toMatchObject([{ messages: 1, given: 0 }]);
  });

  it('delays nothing for long by bringing no signatures, while another one does', () => {
    const rig = new Rig();
    const [bad, good] = [rig.open('tcp', 'bad'), rig.open('tcp', 'good')];
    const messages = made(4);
    const ways = [rig.way(bad, (message) => (message[0] === 22 ? undefined : message)), (_: Uint8Array, n: number): void => (n < 12 ? undefined : rig.tcp(good, messages[n - 12]!))];
    rig.play(messages.slice(0, 60), ways);
    const listener = rig.listen();
    rig.play(messages.slice(60), [(message, n) => ways[0]!(message, n + 60), (message, n) => ways[1]!(message, n + 60)]);
    // What lies behind a missing number waits for the slower relay, as behind any other loss.
    expect(numbersIn(rig.audio(listener)).at(-1)).toBeGreaterThanOrEqual(4 * 38 - 4);
    expect(breaks(numbersIn(rig.audio(listener)))).toEqual([]);
    expect(rig.longestPauseMs(listener, 1_700)).toBeLessThan(400);
  });

  it.each([0, 12, 60])('has no effect by bringing no signatures where those come by another way, %d messages later', (later) => {
    const rig = new Rig();
    const [bad, good] = [rig.open('udp', 'bad'), rig.open('udp', 'good')];
    const messages = made(7);
    const way = (message: Uint8Array, n: number): void => {
      if (message[0] !== 22) rig.udp(bad, message);
      const late = messages[n - later];
      if (late?.[0] === 22) rig.udp(good, late);
    };
    rig.play(messages.slice(0, 110), [way]);
    const listener = rig.listen();
    rig.play(messages.slice(110), [(message, n) => way(message, n + 110)]);
    expect(breaks(numbersIn(rig.audio(listener)))).toEqual([]);
    if (later === 0) expect(rig.of('gap')).toEqual([]);
  });

  it('costs no more by saying the same again and again', () => {
    const rig = new Rig({ verify: 'hold' });
    const path = rig.open();
    const messages = made(1);
    rig.play(messages.slice(0, 39), [rig.way(path)]);
    for (let again = 0; again < 3_000; again++) rig.tcp(path, messages[20]!.with(1, again & 0xff));
    rig.tcp(path, messages[39]!);
    rig.until(rig.now / 1000 + 500);
    // As a second copy it is given out by sixteen ways at most, when its signature has come.
    expect(rig.dropped(path)['duplicate']).toBeLessThan(16);
  });

  it('cannot fill in what is missing where no signature has come', () => {
    const rig = new Rig();
    const path = rig.open('udp');
    for (const [n, message] of made(4).entries()) {
      rig.until(n * FRAME_MS);
      rig.checks.nowMs = rig.now / 1000;
      // Message 60, and the signature that covers it, are lost.
      if (n !== 60 && n !== 79) rig.udp(path, message);
      if (n === 130) rig.udp(path, data(61, numbered(7, STRANGER)));
    }
    rig.until(rig.now / 1000 + 5_000);
    expect(rig.dropped(path)).toEqual({ unsigned: 1 });
  });
});

describe('a relay that costs what it can', () => {
  it('has a good signature of the past verified once, however often it sends it', () => {
    const rig = new Rig();
    const path = rig.open();
    const messages = made(50);
    rig.play(messages, [rig.way(path)]);
    const { verifications } = rig.checks;
    expect(verifications).toBe(50);
    for (let again = 0; again < 500; again++) for (const message of messages) if (message[0] === 22) rig.tcp(path, message);
    expect(rig.checks.verifications).toBe(verifications);
  });

  it('has few verified of streams that it invents, and an encoder behind another relay is heard all the same', () => {
    const rig = new Rig({ verify: 'hold' });
    const [bad, good] = [rig.open('tcp', 'bad'), rig.open('tcp', 'good')];
    for (let stream = 2; stream < 5_002; stream++) rig.tcp(bad, made(1, { by: new Key('somebody'), stream })[39]!);
    expect(rig.checks.verifications).toBe(256);
    const messages = made(3);
    rig.play(messages, [rig.way(good)]);
    expect(rig.edge.mountNames).toEqual(['test']);
    rig.until(60_000);
    expect(rig.edge.heldBytes).toBe(0);
    expect(rig.edge.stats.countedBytes).toBe(0);
  });
});

describe('a mountpoint that is not verified', () => {
  it('is given out as before, signed or not', () => {
    for (const messages of [made(3), made(3).filter((message) => message[0] !== 22).map((message, n) => message.with(25, n + 1))]) {
      const rig = new Rig({ verify: 'off' });
      const path = rig.open();
      rig.play(messages.slice(0, 10), [rig.way(path)]);
      const listener = rig.listen();
      rig.play(messages.slice(10), [rig.way(path)]);
      rig.until(rig.now / 1000 + 500);
      expect(numbersIn(rig.audio(listener))).toEqual(range(0, 3 * 38 - 1));
      expect(rig.checks.verifications).toBe(0);
    }
  });
});

describe('a relay that changes two encoders of one mountpoint', () => {
  /** Both by the same relay, which changes all of them from message 100 on: `phase` messages lie between their signatures. */
  function heard(phase: number): number[] {
    const rig = new Rig();
    const [first, second] = [made(8), made(8, { stream: 2 })];
    const path = rig.open();
    const from = 100;
    const send = (message: Uint8Array | undefined, n: number): void => {
      if (message !== undefined) rig.tcp(path, isData(message) && n > from ? changed(message, n) : message);
    };
    const way = (_: Uint8Array, n: number): void => {
      send(first[n], n);
      send(second[n - phase], n);
    };
    rig.play(first.slice(0, 60), [way]);
    const listener = rig.listen();
    rig.play(first.slice(60), [(message, n) => way(message, n + 60)]);
    rig.until(rig.now / 1000 + 8_000);
    const at = (rig.heard.get(listener) ?? []).filter(({ bytes }) => makersIn(bytes).includes(STRANGER)).map(({ at }) => at / 1000);
    return at;
  }

  it.each([0, 3, 10, 20, 30, 38])('is heard for a second of each at most, %d messages apart', (phase) => {
    const times = heard(phase);
    expect(times.length).toBeGreaterThan(0);
    // It begins at 2.6 s; the next signatures of both come within a second.
    expect(times.at(-1)! - 101 * FRAME_MS).toBeLessThan(1_100);
  });
});

describe('a backup that a relay has changed for a while', () => {
  it('is entered at nothing of that, when the stream on air ends later', () => {
    const rig = new Rig();
    const [bad, good] = [rig.open('tcp', 'bad'), rig.open('tcp', 'good')];
    const [onAir, backup] = [made(20), made(20, { stream: 2 })];
    // The backup is two seconds ahead, and has the same frames.
    const [ahead, endsAt] = [80, 400];
    const way = (_: Uint8Array, n: number): void => {
      if (n < endsAt) rig.tcp(good, onAir[n]!);
      const message = backup[n + ahead];
      if (n > 120 && message !== undefined) rig.tcp(bad, n > 370 && n < 380 && isData(message) ? changed(message, n) : message);
    };
    rig.play(onAir.slice(0, 100), [way]);
    const listener = rig.listen();
    rig.play(onAir.slice(100, 600), [(message, n) => way(message, n + 100)]);
    rig.until(rig.now / 1000 + 3_000);
    expect(rig.of('relay-forges')).toMatchObject([{ label: 'bad', given: 1 }]);
    expect(rig.of('switch')).toMatchObject([{ reason: 'stalled' }]);
    expect(makersIn(rig.audio(listener))).not.toContain(STRANGER);
    expect(numbersIn(rig.audio(listener)).at(-1)).toBeGreaterThan(600);
  });
});

describe('a relay that opens a stream with what is newer than its history', () => {
  it.each(['switch', 'hold'] as const)('is no reason to miss anything: %s', (verify) => {
    const rig = new Rig({ verify });
    const path = rig.open();
    const messages = made(8);
    rig.checks.nowMs = 8_000;
    rig.tcp(path, messages[160]!, ...messages.slice(100, 165));
    const listener = rig.listen();
    rig.play(messages.slice(165), [rig.way(path)]);
    rig.until(rig.now / 1000 + 500);
    expect(rig.of('gap')).toEqual([]);
    expect(breaks(numbersIn(rig.audio(listener)))).toEqual([]);
  });
});

describe('an edge that does not take in everything', () => {
  it('takes in a stream that is signed from when its mountpoint is asked for, and again later', () => {
    const rig = new Rig({ verify: 'switch' }, new Checks([key]), { onDemand: { lingerMs: 4_000 } });
    const path = rig.open();
    const messages = made(30);
    rig.play(messages.slice(0, 100), [rig.way(path)]);
    expect(rig.edge.mountNames).toEqual([]);
    for (const [from, to] of [[100, 300], [500, 700]] as const) {
      rig.edge.ask(rig.now as Micros, 'test');
      rig.play(messages.slice(from, from + 100), [rig.way(path)]);
      const listener = rig.join('test');
      rig.play(messages.slice(from + 100, to), [rig.way(path)]);
      expect(breaks(numbersIn(rig.audio(listener)))).toEqual([]);
      expect(numbersIn(rig.audio(listener)).length).toBeGreaterThan(80);
      rig.edge.leave(rig.now as Micros, listener, 'closed');
      rig.play(messages.slice(to, to + 200), [rig.way(path)]);
      expect(rig.edge.mountNames).toEqual([]);
    }
  });
});

describe('announcements of a relay that lies', () => {
  it('bring nothing unverified to a mountpoint that is verified', () => {
    for (const names of [['test', 'free'], ['free', 'test'], ['test', 'free', 'test'], ['free', 'test', 'free']]) {
      const rig = new Rig();
      const path = rig.open();
      let sequence = 10;
      for (let round = 0; round < 200; round++) {
        const messages = names.map((name) => announce(sequence++, name));
        rig.until(round * FRAME_MS);
        // Also with a number before that of the one before.
        rig.tcp(path, ...(round % 2 === 0 ? messages : messages.toReversed()), data(sequence++, numbered(round, STRANGER)));
      }
      rig.until(10_000);
      expect(rig.edge.mountNames).not.toContain('test');
    }
  });

  it.each(['switch', 'hold'] as const)('take a signed stream to another mountpoint only until its next signature: %s', (verify) => {
    const rig = new Rig({ verify });
    const [bad, good] = [rig.open('tcp', 'bad'), rig.open('tcp', 'good')];
    const messages = made(8);
    const lying = rig.way(bad, (message, n) => (message[0] === 2 ? announce(n + 1, 'free') : message));
    rig.play(messages.slice(0, 100), [lying, rig.way(good)]);
    const listener = rig.listen();
    rig.play(messages.slice(100), [(message, n) => lying(message, n + 100), rig.way(good)]);
    rig.until(rig.now / 1000 + 3_000);
    const numbers = numbersIn(rig.audio(listener));
    expect(numbers.at(-1)).toBe(8 * 38 - 1);
    expect(breaks(numbers)).toEqual([]);
  });
});
