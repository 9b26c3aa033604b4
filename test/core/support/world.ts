import { Encoder } from '../../../core/encoder/encoder.ts';
import type { EncoderEvent } from '../../../core/encoder/events.ts';
import type { RelayEvent } from '../../../core/relay/events.ts';
import type { Machine, PathId, SourceId, SubscriberId, TargetId } from '../../../core/base/machine.ts';
import { anonymous, type Peer } from '../../../core/links/peers/peer.ts';
import { transports, type Transport } from '../../../core/links/transport.ts';
import { Relay, type RelayOptions } from '../../../core/relay/relay.ts';
import { defaultSettings, type Settings } from '../../../core/config/settings.ts';
import type { Micros } from '../../../core/base/units.ts';
import { EdgeRig } from './edge-rig.ts';
import { encodeHello, HELLO_TAKES_TITLES_AND_WANTS } from '../../../core/wire/messages/extensions.ts';
import { MessageType } from '../../../core/wire/pdu.ts';
import { framed, message, streamId } from './messages.ts';

/** Who takes in TCP bytes: a relay or an edge. */
interface PathReceiver {
  openPath(now: Micros, transport: Transport, peer: Peer): PathId | undefined;
  closePath(now: Micros, path: PathId, reason: string): void;
  receive(now: Micros, path: PathId, bytes: Uint8Array): void;
}

/** Machines on wires with one fixed delay, in virtual time: nothing random, nothing lost unless a wire is cut. */
export class World {
  now = 0;
  readonly settings: Settings;
  readonly #machines: Machine[] = [];
  #pending: { at: number; order: number; run: () => void }[] = [];
  #order = 0;

  constructor(settings: Partial<Settings> = {}) {
    this.settings = { ...defaultSettings, listenerFlushMs: 50, ...settings };
  }

  add<M extends Machine>(machine: M): M {
    this.#machines.push(machine);
    return machine;
  }

  remove(machine: Machine): void {
    this.#machines.splice(this.#machines.indexOf(machine), 1);
  }

  at(atMs: number, run: () => void): void {
    this.#pending.push({ at: Math.round(atMs * 1000), order: this.#order++, run });
    this.#pending.sort((a, b) => a.at - b.at || a.order - b.order);
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.now / 1000 + delayMs, run);
  }

  run(untilMs: number): void {
    const until = Math.round(untilMs * 1000);
    for (let turns = 0; ; turns++) {
      if (turns > 5_000_000) throw new Error('the world does not come to rest');
      const event = this.#pending[0];
      const due = this.#machines.reduce((next, machine) => Math.min(next, machine.deadline), event?.at ?? Infinity);
      if (due > until) break;
      this.now = Math.max(this.now, due);
      if (event !== undefined && event.at <= this.now) {
        this.#pending.shift();
        event.run();
      }
      for (const machine of this.#machines) if (machine.deadline <= this.now) machine.advance(this.now as Micros);
    }
    this.now = until;
  }
}

export class EncoderRig {
  readonly events: EncoderEvent[] = [];
  readonly encoder: Encoder;
  readonly source: SourceId;
  readonly targetLinks: Map<TargetId, (bytes: Uint8Array) => void> = new Map();
  readonly backlog: Map<TargetId, number> = new Map();
  readonly resets: TargetId[] = [];
  readonly world: World;

  constructor(world: World, stream: number, mountpoint = 'test', origin?: string) {
    this.world = world;
    this.encoder = world.add(new Encoder({ settings: world.settings }, {
      send: (target, bytes) => this.targetLinks.get(target)?.(bytes.slice()),
      backlogBytes: (target) => this.backlog.get(target) ?? 0,
      reset: (target) => this.resets.push(target),
      event: (event) => this.events.push(event),
    }));
    this.source = this.encoder.openSource(world.now as Micros, { streamId: streamId(stream), mountpoint, origin });
  }

  feed(bytes: Uint8Array): void {
    this.encoder.receive(this.world.now as Micros, this.source, bytes);
  }

  get messages(): number {
    return this.encoder.source(this.source).messages;
  }

  /** A TCP target, down until `connect`. */
  target(): TargetId {
    return this.encoder.addTarget(this.world.now as Micros, { transport: transports.tcp, label: 'relay' });
  }

  /** Connects a target to a path receiver; returns what breaks that connection, with what is on the wire. */
  connect(target: TargetId, to: PathReceiver, delayMs = 1, answers?: Map<PathId, (bytes: Uint8Array) => void>): () => void {
    const path = to.openPath(this.world.now as Micros, transports.tcp, anonymous('source', 'encoder'))!;
    let open = true;
    answers?.set(path, (bytes) => {
      this.world.after(delayMs, () => {
        if (open) this.encoder.targetSaid(this.world.now as Micros, target, bytes);
      });
    });
    this.targetLinks.set(target, (bytes) => {
      this.world.after(delayMs, () => {
        if (open) to.receive(this.world.now as Micros, path, bytes);
      });
    });
    this.encoder.targetUp(this.world.now as Micros, target);
    return () => {
      open = false;
      this.targetLinks.delete(target);
      this.encoder.targetDown(this.world.now as Micros, target);
      to.closePath(this.world.now as Micros, path, 'cut');
    };
  }
}

export class RelayRig {
  readonly events: RelayEvent[] = [];
  readonly relay: Relay;
  readonly world: World;
  readonly subscriberLinks: Map<SubscriberId, (bytes: Uint8Array) => void> = new Map();
  readonly backlog: Map<SubscriberId, number> = new Map();
  readonly cuts: SubscriberId[] = [];
  readonly drops: [PathId, string][] = [];
  /** Where it goes what is said back by a path. */
  readonly answers: Map<PathId, (bytes: Uint8Array) => void> = new Map();

  constructor(world: World, options: Omit<RelayOptions, 'settings'> = {}) {
    this.world = world;
    this.relay = world.add(new Relay({ settings: world.settings, ...options }, {
      send: (subscriber, bytes) => this.subscriberLinks.get(subscriber)?.(bytes.slice()),
      backlogBytes: (subscriber) => this.backlog.get(subscriber) ?? 0,
      cut: (subscriber) => this.cuts.push(subscriber),
      drop: (path, reason) => this.drops.push([path, reason]),
      acknowledge: (path, bytes) => this.answers.get(path)?.(bytes.slice()),
      event: (event) => this.events.push(event),
    }));
  }

  /** Connects an edge or another relay to it; returns what breaks that connection. @param answers what that says back is taken. */
  serve(to: PathReceiver, delayMs = 1, answers?: Map<PathId, (bytes: Uint8Array) => void>): () => void {
    const path = to.openPath(this.world.now as Micros, transports.tcp, anonymous('relay', 'relay'))!;
    const id = this.relay.subscribe(this.world.now as Micros, anonymous('subscriber', 'subscriber'))!;
    let open = true;
    if (answers !== undefined) {
      to.receive(this.world.now as Micros, path, framed(message(MessageType.HELLO, HELLO_TAKES_TITLES_AND_WANTS, encodeHello({ side: 'out', peerPort: 1 }), { stream: 9_999 })));
      answers.set(path, (bytes) => {
        this.world.after(delayMs, () => {
          if (open) this.relay.subscriberSaid(this.world.now as Micros, id, bytes);
        });
      });
    }
    this.subscriberLinks.set(id, (bytes) => {
      this.world.after(delayMs, () => {
        if (open) to.receive(this.world.now as Micros, path, bytes);
      });
    });
    return () => {
      open = false;
      this.subscriberLinks.delete(id);
      this.relay.unsubscribe(this.world.now as Micros, id, 'cut');
      to.closePath(this.world.now as Micros, path, 'cut');
    };
  }
}

/** An edge whose clock is the world's. */
export function edgeIn(world: World, options: ConstructorParameters<typeof EdgeRig>[1] = {}): EdgeRig {
  const rig = new EdgeRig(world.settings, options);
  Object.defineProperty(rig, 'now', { get: () => world.now });
  world.add(rig.edge);
  return rig;
}
