import { describe, expect, it } from 'vitest';
import type { Micros } from '../../../core/base/units.ts';
import { anonymous } from '../../../core/links/peers/peer.ts';
import { transports } from '../../../core/links/transport.ts';
import { encodeTitle, MAX_TITLE_VERSION, newTitle } from '../../../core/wire/messages/set-title.ts';
import { MessageType } from '../../../core/wire/pdu.ts';
import { EdgeRig } from '../support/edge-rig.ts';
import { FRAME_US, numbered } from '../support/frames.ts';
import { announce, data, framed, message, metadata } from '../support/messages.ts';
import { edgeIn, EncoderRig, RelayRig, World } from '../support/world.ts';

/**
 * Two sites:
 *
 *     encoder a --> relay near --> edge near
 *                     ^   |
 *     (title back)    |   v
 *     encoder b --> relay far ---> edge far
 *
 * The far relay subscribes to the near one. Encoder b is of the original program in some tests: it reads nothing.
 */
class Tree {
  readonly world = new World();
  readonly near = new RelayRig(this.world);
  readonly far = new RelayRig(this.world);
  readonly edgeNear = edgeIn(this.world);
  readonly edgeFar = edgeIn(this.world);
  readonly a: EncoderRig;
  readonly b: EncoderRig;
  /** Ends the connection of each encoder. */
  readonly cut: Readonly<Record<'a' | 'b', () => void>>;
  #fed = 0;
  readonly #feeding = new Set<EncoderRig>();

  constructor({ bReads = true }: { bReads?: boolean } = {}) {
    this.a = new EncoderRig(this.world, 1, 'test', 'a');
    this.b = new EncoderRig(this.world, 2, 'test', bReads ? 'b' : undefined);
    this.near.serve(this.far.relay, 1, this.far.answers);
    this.near.serve(this.edgeNear.edge, 1, this.edgeNear.answers);
    this.far.serve(this.edgeFar.edge, 1, this.edgeFar.answers);
    this.cut = { a: this.connect(this.a, this.near), b: this.connect(this.b, this.near) };
    this.run(5_000);
  }

  connect(encoder: EncoderRig, relay: RelayRig): () => void {
    this.#feeding.add(encoder);
    const cut = encoder.connect(encoder.target(), relay.relay, 1, relay.answers);
    return () => {
      this.#feeding.delete(encoder);
      cut();
    };
  }

  /** All sources go on in real time. */
  run(untilMs: number): void {
    for (; this.#fed * FRAME_US < untilMs * 1_000; this.#fed++) {
      const frame = numbered(this.#fed);
      this.world.at((this.#fed * FRAME_US) / 1_000, () => {
        for (const encoder of this.#feeding) encoder.feed(frame);
      });
    }
    this.world.run(untilMs);
  }

  get titles(): readonly (string | undefined)[] {
    return [this.edgeNear, this.edgeFar].map(({ edge }) => edge.mount('test')?.title);
  }

  /** What an encoder has said of its title, newest last. */
  saidBy({ events }: EncoderRig): readonly string[] {
    return events.flatMap((event) => (event.kind === 'encoder-title' ? [event.title] : []));
  }
}

/** By the same clock everywhere. */
const setters: Readonly<Record<string, (tree: Tree, title: string) => void>> = {
  'an encoder': (tree, title) => tree.a.encoder.setMountTitle(tree.world.now as Micros, 'test', title, tree.world.now),
  'the relay near it': (tree, title) => tree.near.relay.setTitle(tree.world.now as Micros, 'test', title, tree.world.now),
  'a relay behind that': (tree, title) => tree.far.relay.setTitle(tree.world.now as Micros, 'test', title, tree.world.now),
  'an edge': (tree, title) => tree.edgeNear.edge.setTitle(tree.world.now as Micros, 'test', title, tree.world.now),
  'an edge behind two relays': (tree, title) => tree.edgeFar.edge.setTitle(tree.world.now as Micros, 'test', title, tree.world.now),
};

describe.each(Object.entries(setters))('a title that is set at %s', (_, set) => {
  it('reaches all encoders and all edges at once', () => {
    const tree = new Tree();
    set(tree, 'Song 1');
    tree.run(5_300);
    expect(tree.titles).toEqual(['Song 1', 'Song 1']);
    expect([tree.saidBy(tree.a), tree.saidBy(tree.b)]).toEqual([['Song 1'], ['Song 1']]);
    set(tree, 'Song 2');
    tree.run(5_600);
    expect(tree.titles).toEqual(['Song 2', 'Song 2']);
  });

  it('stays over a switch to an encoder that reads nothing', () => {
    const tree = new Tree({ bReads: false });
    tree.b.encoder.setTitle(tree.world.now as Micros, tree.b.source, 'Old');
    tree.run(8_000);
    set(tree, 'Song 1');
    tree.run(9_000);
    tree.cut.a();
    tree.run(16_000);
    expect(tree.edgeNear.of('switch').length + tree.edgeFar.of('switch').length).toBeGreaterThan(0);
    expect(tree.titles).toEqual(['Song 1', 'Song 1']);
    tree.b.encoder.setTitle(tree.world.now as Micros, tree.b.source, 'Song 2');
    tree.run(17_000);
    expect(tree.titles).toEqual(['Song 2', 'Song 2']);
  });

  it('reaches an edge that is there later, and an encoder that starts later', () => {
    const tree = new Tree({ bReads: false });
    set(tree, 'Song 1');
    tree.run(20_000);
    const late = edgeIn(tree.world);
    tree.far.serve(late.edge, 1, late.answers);
    const c = new EncoderRig(tree.world, 3, 'test', 'c');
    c.encoder.setTitle(tree.world.now as Micros, c.source, 'What it begins with');
    tree.connect(c, tree.near);
    tree.run(20_500);
    expect(late.edge.mount('test')?.title).toBe('Song 1');
    expect(tree.saidBy(c).at(-1)).toBe('Song 1');
    tree.cut.a();
    tree.cut.b();
    tree.run(30_000);
    expect([...tree.titles, late.edge.mount('test')?.title]).toEqual(['Song 1', 'Song 1', 'Song 1']);
  });
});

describe('an encoder that reads nothing and begins later', () => {
  it('does not replace a title that was set by the one that it begins with', () => {
    const tree = new Tree();
    setters['an edge']!(tree, 'Set');
    tree.run(6_000);
    const later = new EncoderRig(tree.world, 5, 'test');
    later.encoder.setTitle(tree.world.now as Micros, later.source, 'What it begins with');
    tree.connect(later, tree.near);
    tree.run(9_000);
    tree.cut.a();
    tree.cut.b();
    tree.run(16_000);
    expect(tree.edgeNear.edge.mount('test')?.liveStream.startsWith('0005')).toBe(true);
    expect(tree.titles).toEqual(['Set', 'Set']);
    later.encoder.setTitle(tree.world.now as Micros, later.source, 'Its next one');
    tree.run(17_000);
    expect(tree.titles).toEqual(['Its next one', 'Its next one']);
  });
});

describe('a title that a source has of its own', () => {
  it('replaces the one that was set, everywhere where its encoder is heard, and nobody brings that back', () => {
    const tree = new Tree();
    tree.a.encoder.setTitle(tree.world.now as Micros, tree.a.source, 'Before');
    tree.run(6_000);
    setters['an edge']!(tree, 'Set');
    tree.run(7_000);
    const live = tree.edgeNear.edge.mount('test')!.liveStream.startsWith('0001') ? tree.a : tree.b;
    live.encoder.setTitle(tree.world.now as Micros, live.source, 'After');
    tree.run(8_000);
    expect(tree.titles[0]).toBe('After');
    const late = edgeIn(tree.world);
    tree.near.serve(late.edge, 1, late.answers);
    const again = new EncoderRig(tree.world, 4, 'test', 'again');
    tree.connect(again, tree.near);
    tree.run(15_000);
    expect(late.edge.mount('test')?.title === 'After' || late.edge.mount('test')?.liveStream !== tree.edgeNear.edge.mount('test')?.liveStream).toBe(true);
    expect(tree.saidBy(again)).toEqual([]);
  });

  it('does not count when it is the one that the source had before', () => {
    const tree = new Tree();
    tree.a.encoder.setTitle(tree.world.now as Micros, tree.a.source, 'Before');
    tree.run(6_000);
    setters['the relay near it']!(tree, 'Set');
    tree.run(7_000);
    tree.a.encoder.setTitle(tree.world.now as Micros, tree.a.source, 'Before');
    tree.run(8_000);
    expect(tree.titles).toEqual(['Set', 'Set']);
  });
});

describe('two titles that are set at once', () => {
  it('end as the same one everywhere', () => {
    const tree = new Tree();
    setters['an encoder']!(tree, 'Song 1');
    setters['an edge behind two relays']!(tree, 'Song 2');
    tree.run(8_000);
    expect(tree.titles).toEqual(['Song 2', 'Song 2']);
    expect(tree.saidBy(tree.b).at(-1)).toBe('Song 2');
  });

  it('are ordered by who knows of the other, also where a clock is wrong', () => {
    const tree = new Tree();
    tree.a.encoder.setMountTitle(tree.world.now as Micros, 'test', 'By a clock that is ahead', 4e12);
    tree.run(6_000);
    setters['an edge behind two relays']!(tree, 'Song 2');
    tree.run(7_000);
    expect(tree.titles).toEqual(['Song 2', 'Song 2']);
  });
});

describe('what a subscriber says', () => {
  const title = (stream: number, text: string, version = 1): Uint8Array =>
    framed(message(MessageType.TITLE, 0, encodeTitle({ ...newTitle(text, version, undefined), isOrdered: false }), { stream }));

  it('is limited, and told', () => {
    const tree = new Tree();
    const id = tree.near.relay.subscribe(tree.world.now as Micros, anonymous('subscriber', 'edge'))!;
    for (let version = 1; version <= 1_000; version++) tree.near.relay.subscriberSaid(tree.world.now as Micros, id, title(1, `Song ${version}`, version));
    tree.run(5_500);
    expect(tree.titles).toEqual(['Song 256', 'Song 256']);
    expect(tree.near.events).toContainEqual(expect.objectContaining({ kind: 'bound-hit', bound: 'titlesPerSubscriber' }));
  });

  it('is nothing when it is no title, and nothing is read behind that', () => {
    const tree = new Tree();
    const say = (...chunks: readonly Uint8Array[]): void => {
      const id = tree.near.relay.subscribe(tree.world.now as Micros, anonymous('subscriber', 'edge'))!;
      for (const chunk of chunks) tree.near.relay.subscriberSaid(tree.world.now as Micros, id, chunk);
    };
    say(framed(data(1, numbered(1))), title(1, 'x'));
    say(Uint8Array.of(0xff, 0xff, 1), new Uint8Array(70_000), title(1, 'x'));
    say(framed(message(MessageType.TITLE, 0, Uint8Array.of(9, 9), { stream: 1 })), title(1, 'x'));
    say(framed(message(MessageType.TITLE, 9, encodeTitle({ version: 9, title: 'x', isOrdered: true }), { stream: 1 })), title(1, 'x'));
    // Of a stream that nobody knows.
    say(title(77, 'x'));
    tree.run(6_000);
    expect(tree.titles).toEqual(['', '']);
    // In pieces it is what it is.
    const whole = title(1, 'Song 1');
    say(whole.subarray(0, 1), whole.subarray(1, 30), whole.subarray(30));
    tree.run(7_000);
    expect(tree.titles).toEqual(['Song 1', 'Song 1']);
  });
});

describe('a title of a version that no clock gives', () => {
  const YEAR_2027_MS = 1_800_000_000_000;
  const AHEAD_MS = 2_592_000_000;

  /** All know what time it is. */
  function tree(): Tree {
    const made = new Tree();
    for (const machine of [made.near.relay, made.far.relay, made.edgeNear.edge, made.edgeFar.edge, made.a.encoder, made.b.encoder]) machine.clock(made.world.now as Micros, YEAR_2027_MS * 1_000 + made.world.now);
    return made;
  }
  const say = ({ near, world }: Tree, version: number, title: string, isOrdered: boolean): void => {
    const bytes = framed(message(MessageType.TITLE, isOrdered ? 1e6 : 0, encodeTitle({ version, title, isOrdered }), { stream: 1 }));
    near.relay.subscriberSaid(world.now as Micros, near.relay.subscribe(world.now as Micros, anonymous('subscriber', 'somebody'))!, bytes);
  };
  const set: Readonly<Record<string, (of: Tree, title: string) => boolean>> = {
    'an encoder': ({ a, world }, title) => a.encoder.setMountTitle(world.now as Micros, 'test', title, YEAR_2027_MS + world.now / 1_000),
    'a relay': ({ far, world }, title) => far.relay.setTitle(world.now as Micros, 'test', title, YEAR_2027_MS + world.now / 1_000),
    'an edge': ({ edgeFar, world }, title) => edgeFar.edge.setTitle(world.now as Micros, 'test', title, YEAR_2027_MS + world.now / 1_000),
  };

  it.each(Object.keys(set))('locks nobody out who sets one at %s', (where) => {
    const of = tree();
    say(of, MAX_TITLE_VERSION, 'Mine for good', false);
    of.run(6_000);
    expect(of.titles).toEqual(['', '']);
    expect(of.near.events).toContainEqual(expect.objectContaining({ kind: 'bound-hit', bound: 'titleVersion', holders: 'somebody' }));
    // As far ahead as one is believed.
    say(of, YEAR_2027_MS + AHEAD_MS, 'Mine', false);
    of.run(7_000);
    expect(of.titles).toEqual(['Mine', 'Mine']);
    for (const title of ['Song 1', 'Song 2']) {
      expect(set[where]!(of, title)).toBe(true);
      of.run(of.world.now / 1_000 + 500);
      expect(of.titles).toEqual([title, title]);
      expect([of.saidBy(of.a).at(-1), of.saidBy(of.b).at(-1)]).toEqual([title, title]);
    }
  });

  it('is counted where a stream or a relay brings it, and told to nobody', () => {
    const of = tree();
    const sets = (isOrdered: boolean): Uint8Array => message(MessageType.TITLE, isOrdered ? 1e6 : 0, encodeTitle({ version: MAX_TITLE_VERSION, title: 'x', isOrdered }), { stream: 7 });
    const now = of.world.now as Micros;
    const [pushed, upstream] = [of.near.relay.openPath(now, transports.tcp, anonymous('source', 'pusher'))!, of.near.relay.openPath(now, transports.tcp, anonymous('relay', 'relay'))!];
    of.near.relay.receive(now, pushed, framed(announce(999_999, 'test', { stream: 7 }), sets(true)));
    of.near.relay.receive(now, upstream, framed(sets(false)));
    const edgePath = of.edgeNear.edge.openPath(now, transports.tcp, anonymous('relay', 'other'))!;
    of.edgeNear.edge.receive(now, edgePath, framed(sets(false)));
    const dropped = [...of.near.relay.paths, ...of.edgeNear.edge.paths].filter(({ id }) => [pushed, upstream, edgePath].includes(id)).flatMap(({ dropped: counts }) => [...counts]);
    expect(dropped.filter(([reason]) => reason === 'bad-title')).toEqual([['bad-title', 1], ['bad-title', 1], ['bad-title', 1]]);
    of.run(7_000);
    expect(of.titles).toEqual(['', '']);
    expect(of.saidBy(of.b)).toEqual([]);
  });

  it('is refused where nobody knows what time it is, once it is in force, and not said to be set', () => {
    const of = new Tree();
    say(of, MAX_TITLE_VERSION, 'Z', false);
    of.run(6_000);
    expect(Object.values(set).map((one) => one(of, 'A'))).toEqual([false, false, false]);
  });
});

describe('a TITLE that has no place in the sequence of its stream', () => {
  it('is believed of relays only', () => {
    const tree = new Tree();
    const path = tree.near.relay.openPath(tree.world.now as Micros, transports.tcp, anonymous('source', 'somebody'))!;
    tree.near.relay.receive(tree.world.now as Micros, path, framed(message(MessageType.TITLE, 0, encodeTitle({ version: 5, title: 'x', isOrdered: false }), { stream: 1 })));
    tree.run(6_000);
    expect(tree.titles).toEqual(['', '']);
    expect(tree.near.relay.stats.paths.find(({ id }) => id === path)!.dropped).toEqual({ 'bad-title': 1 });
  });

  it('takes the place of no audio at an edge', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const listen = (): number => rig.join('test');
    rig.tcp(path, announce(1, 'test'), metadata(2, "StreamTitle='Old';"));
    for (let n = 0; n < 40; n++) {
      rig.until((n * FRAME_US) / 1_000);
      rig.tcp(path, data(n + 3, numbered(n)));
      if (n === 20) listen();
      if (n === 30) rig.tcp(path, message(MessageType.TITLE, 1, encodeTitle({ version: 5, title: 'Set', isOrdered: false })));
    }
    rig.until(1_500);
    expect(rig.of('gap')).toEqual([]);
    expect(rig.edge.mount('test')?.title).toBe('Set');
  });
});

describe('an original relay, or one that refuses titles', () => {
  it('is told nothing: it has not said that it reads', () => {
    const tree = new Tree();
    const said: Uint8Array[] = [];
    const edge = edgeIn(tree.world);
    tree.near.serve(edge.edge);
    for (const path of edge.edge.paths) edge.answers.set(path.id, (bytes) => said.push(bytes));
    tree.run(8_000);
    edge.edge.setTitle(tree.world.now as Micros, 'test', 'Here only', 1);
    tree.run(15_000);
    expect(edge.edge.mount('test')?.title).toBe('Here only');
    expect([said, tree.titles]).toEqual([[], ['', '']]);
  });
});
