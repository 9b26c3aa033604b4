import type { EdgeEvent } from '../../../core/edge/events.ts';
import { decodeAnnouncement } from '../../../core/wire/messages/announce.ts';
import { decodeIcyText } from '../../../core/wire/icy.ts';
import type { PathId } from '../../../core/base/machine.ts';
import type { Transport } from '../../../core/links/transport.ts';
import type { CommandResult } from '../../../core/edge/switching/operator/command.ts';
import { formatStreamId, MessageType, PDU_HEADER_BYTES, REPLICA_AT, sequenceOf, streamHash, streamIdOf } from '../../../core/wire/pdu.ts';
import { titleIn, type SetTitle } from '../../../core/wire/messages/set-title.ts';
import { fallbackFileOf, type MountPolicies, type MountPolicy } from '../../../core/config/mount-policy.ts';
import { Policies } from '../../../core/config/policies.ts';
import type { Settings } from '../../../core/config/settings.ts';
import { ms, toMs, type Micros } from '../../../core/base/units.ts';
import type { Oracle } from '../oracle.ts';
import type { ModelStream } from '../../programme/programme.ts';
import { GapRules } from '../rules/gap-rules.ts';
import { MountModel, type SwitchEvent } from './mount-model.ts';
import { RedundancyRules } from '../rules/redundancy-rules.ts';
import type { ModelText } from './texts.ts';
import { ShownTitles } from '../shown-titles.ts';
import { StreamModel } from './stream-model.ts';
import { SwitchRules } from '../rules/switch-rules.ts';

export interface EdgeModelOptions {
  readonly who: string;
  /** Of the world: a machine's own time can jump when somebody sets its clock. */
  readonly clock: { readonly now: Micros };
  readonly oracle: Oracle;
  readonly settings: Settings;
  /** At the start. */
  readonly policies: MountPolicies;
  /** Whether the edge says that it knows by content where a stream of a mountpoint lies against the one on air. */
  readonly isMatched?: (mount: string, stream: string) => boolean;
  /** Whether the edge takes in a mountpoint; all, unless given. */
  readonly isWanted?: ((mount: string) => boolean) | undefined;
}

const ofNoStream: ReadonlySet<number> = new Set([MessageType.SOURCE, MessageType.HELLO, MessageType.WANTS, MessageType.MOMENT, MessageType.BREAKS]);
/** A machine is called when its deadline has come, and is checked a little later. */
const LATE_US = 2_500_000;

/** How often it is looked whether the redundancy of mountpoints is told. */
const REDUNDANCY_LOOK_MS = 250;

/** A stream is well from one of its frames on, and entered at another: both are told as they come, two frames apart at most. */
const FRAMES_APART_MS = 60;

/**
 * An edge as the documentation describes it, told slowly, beside the real one: the messages that have come by each path, what could be
 * released of each stream, and what the edge says that it does. What it does is judged in the direction in which there is no doubt.
 */
export class EdgeModel {
  readonly mounts: Map<string, MountModel> = new Map();
  readonly #options: EdgeModelOptions;
  readonly #policies: Policies;
  readonly #streams = new Map<number, StreamModel>();
  readonly #byName = new Map<string, StreamModel>();
  /** What streams had said that were forgotten: a mountpoint keeps the title that it has, until a stream says another one. */
  readonly #saidBefore = new Map<string, readonly ModelText[]>();
  readonly #gaps: GapRules;
  readonly #switches: SwitchRules;
  readonly #redundancy: RedundancyRules;
  /** The mountpoints of all streams that were announced. */
  readonly #announced = new Map<number, string>();
  /** By mountpoint: the newest version of a title that was set, of which it has been heard that it is not in force any more. */
  readonly #outlivedAt = new Map<string, number>();
  #lookAt = -Infinity;
  #wantedBefore: string | undefined;

  constructor(options: EdgeModelOptions) {
    this.#options = options;
    this.#policies = new Policies(options.policies);
    this.#gaps = new GapRules(options.oracle, options.settings);
    this.#redundancy = new RedundancyRules(options.oracle, options.settings);
    this.#switches = new SwitchRules(options.oracle, options.settings, options.isMatched ?? (() => false));
  }

  get streams(): readonly StreamModel[] {
    return [...this.#streams.values()];
  }

  /** The stream that these frames came in. */
  streamOf(frames: ModelStream): StreamModel | undefined {
    for (const stream of this.#streams.values()) if (stream.frames === frames) return stream;
    return undefined;
  }

  /** A whole message of a path, before the edge has it. */
  message(now: number, path: PathId, transport: Transport, bytes: Uint8Array, start: number, end: number, frame: { readonly stream: ModelStream; readonly index: number } | undefined): void {
    if (end - start < PDU_HEADER_BYTES || ofNoStream.has(bytes[start]!)) return;
    const key = streamHash(bytes, start);
    if (bytes[start] === MessageType.ANNOUNCE) this.#announces(key, bytes, start, end);
    if (bytes[start] === MessageType.TITLE) {
      const title = titleIn({ bytes, start, end });
      if (title !== undefined) this.#outlives(key, title);
      if (title?.isOrdered === false) return;
    }
    if (!this.#isWanted(key)) return;
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      stream = new StreamModel(formatStreamId(streamIdOf(bytes, start)), this.#options.settings);
      stream.texts.goOnBehind(this.#saidBefore.get(stream.id) ?? []);
      this.#streams.set(key, stream);
      this.#byName.set(stream.id, stream);
    }
    const type = bytes[start]!;
    stream.takes(now, {
      path,
      transport,
      replica: bytes[start + REPLICA_AT]!,
      sequence: sequenceOf(bytes, start),
      type,
      bytes: end - start,
      stream: frame?.stream,
      index: frame?.index ?? -1,
      text: type === MessageType.METADATA ? decodeIcyText(bytes.subarray(start + PDU_HEADER_BYTES, end)) : undefined,
    });
    const mount = stream.mount === undefined ? undefined : this.mounts.get(stream.mount);
    stream.heardInWorldAt = this.#options.clock.now;
    if (mount !== undefined && stream.frameAt === now) this.#heard(now, mount);
  }

  /** Audio of a forger was taken in: to the edge it is audio of this stream until its signature comes. */
  forged(now: number, bytes: Uint8Array, start: number): void {
    const stream = this.#streams.get(streamHash(bytes, start));
    if (stream === undefined) return;
    stream.forgedAt = now;
    const mount = stream.mount === undefined ? undefined : this.mounts.get(stream.mount);
    if (mount !== undefined) this.#heard(now, mount);
  }

  /** A whole message has come to an edge that verifies, whether it is taken in or not: it knows by an ANNOUNCE what there is, and titles of relays are verified by nobody. */
  passed(bytes: Uint8Array, start: number, end: number): void {
    const key = streamHash(bytes, start);
    if (bytes[start] === MessageType.ANNOUNCE) this.#announces(key, bytes, start, end);
    const title = bytes[start] === MessageType.TITLE ? titleIn({ bytes, start, end }) : undefined;
    if (title?.isOrdered === false) this.#outlives(key, title);
  }

  /** Before its mountpoint is known nothing of a stream is taken in, where not everything is. */
  #isWanted(key: number): boolean {
    const { isWanted } = this.#options;
    const mount = this.#announced.get(key);
    return isWanted === undefined || (mount !== undefined && isWanted(mount));
  }

  #announces(key: number, bytes: Uint8Array, start: number, end: number): void {
    const announced = decodeAnnouncement(bytes.subarray(start + PDU_HEADER_BYTES, end));
    if (announced !== undefined) this.#announced.set(key, announced.mountpoint);
  }

  /** A TITLE without a title says that none is in force any more that was set until then. */
  #outlives(key: number, { title, version }: SetTitle): void {
    const mount = this.#announced.get(key);
    if (title === undefined && mount !== undefined) this.#outlivedAt.set(mount, Math.max(this.#outlivedAt.get(mount) ?? 0, version));
  }

  pathClosed(path: PathId): void {
    for (const stream of this.#streams.values()) stream.forgetPath(path);
  }

  /** What the edge says, with streams by their ids. */
  event(now: number, event: EdgeEvent): void {
    switch (event.kind) {
      case 'stream-new':
        return this.#known(now, event.stream);
      case 'stream-forgotten':
        return this.#forgotten(event.stream);
      case 'mount-started':
        return this.#started(now, event.mount, event.stream);
      case 'mount-ended':
      case 'mount-let-go':
        return this.#ended(event.mount);
      case 'backup-added':
      case 'backup-refused':
        return this.#joined(now, event.stream, event.mount);
      case 'gap':
        return this.#gap(now, event);
      case 'switch':
        return this.#switch(now, event);
      case 'stalled':
        return this.#stalled(now, event.mount);
      case 'resumed':
        return this.#resumed(event.mount);
      case 'fallback-entered':
        return this.#fallbackEntered(event.mount);
      case 'fallback-left':
        return this.#fallbackLeft(now, event);
      case 'backup-lost':
        return this.#redundancy.lost(now, event, this.#byName.get(event.stream));
      case 'redundancy-restored':
        return this.#redundancy.restored(now, event.mount);
      case 'no-relay-left':
        return this.#redundancy.noRelayLeft(now);
      case 'relay-back':
        return this.#redundancy.relayBack();
      case 'fallback-replaced':
        return this.#fallbackReplaced(now, event.mount);
      default:
    }
  }

  /** An operator commands: what is wanted may happen before that has an answer. */
  commands(name: string, { kind, to }: { readonly kind: string; readonly to?: string | undefined }): void {
    const mount = this.mounts.get(name);
    if (mount === undefined) return;
    this.#wantedBefore = mount.wanted;
    if (kind === 'switch') mount.wanted = to;
  }

  /** What his command led to. */
  commanded(name: string, result: CommandResult): void {
    const mount = this.mounts.get(name);
    if (mount === undefined) return;
    if (result === 'automatic') {
      mount.chosen = undefined;
      mount.wanted = undefined;
    } else if (result === 'on-air') mount.chosen = mount.live;
    else if (result === 'waits') mount.chosen = undefined;
    else if (result !== 'switched') mount.wanted = this.#wantedBefore;
  }

  /** The next frame of a mountpoint has another title. */
  shows(name: string, text: string): void {
    const mount = this.mounts.get(name);
    if (mount === undefined) return;
    if (mount.isOnFallback) return mount.shown.showsOther();
    const before = mount.shown.newest;
    if (mount.shown.shows(text)) return;
    this.#options.oracle.violated('a title that was set is followed by newer ones only', `${this.#options.who} shows "${text}" at ${name}, behind "${before}"`);
  }

  /** Something else is wanted of a mountpoint from now on; told before the edge is. */
  policyChanges(now: number, name: string, policy: MountPolicy): void {
    this.#policies.change(name, policy);
    const mount = this.mounts.get(name);
    if (mount === undefined) return;
    mount.current.change(policy);
    // Its fallback may have been heard until now.
    this.#heard(now, mount);
  }

  /** To be asked after calls of the edge. */
  settled(now: number): void {
    for (const stream of this.#streams.values()) {
      if (!stream.isKnown) continue;
      this.#gaps.checkWaiting(now, stream);
      const silentUs = this.#since(now, stream.heardAt, stream.heardInWorldAt);
      if (silentUs <= ms(this.#options.settings.forgetMs) + LATE_US) continue;
      stream.isKnown = false;
      this.#over(`${stream.name} is remembered ${toMs(silentUs as Micros)} ms after its last message`);
    }
    for (const mount of this.mounts.values()) {
      const silentUs = this.#since(now, mount.heardAt, mount.heardInWorldAt);
      if (mount.policy.fallback !== undefined || silentUs <= ms(mount.settings.mountEndMs) + LATE_US) continue;
      this.#heard(now, mount);
      this.#over(`${mount.name} has not ended ${toMs(silentUs as Micros)} ms after its last frame`);
    }
    this.#lookAtRedundancy(now);
  }

  /** That is nothing for every call. */
  #lookAtRedundancy(now: number): void {
    if (now < this.#lookAt) return;
    this.#lookAt = now + ms(REDUNDANCY_LOOK_MS);
    const silentUs = (stream: StreamModel): number => this.#since(now, stream.frameAt, stream.heardInWorldAt);
    for (const mount of this.mounts.values()) this.#redundancy.settled(now, mount, this.streams, silentUs);
  }

  #known(now: number, id: string): void {
    this.#byName.get(id)?.becomesKnown(now);
  }

  #forgotten(id: string): void {
    const stream = this.#byName.get(id);
    if (stream === undefined) return;
    this.#byName.delete(id);
    if (stream.texts.all.length > 0) this.#saidBefore.set(id, stream.texts.all.map((text) => ({ ...text, isOpening: true, isSure: false })));
    for (const [key, known] of this.#streams) if (known === stream) this.#streams.delete(key);
  }

  #started(now: number, name: string, id: string): void {
    const { oracle, settings } = this.#options;
    const mount = new MountModel(name, now, settings, this.#policies.of(name), new ShownTitles(oracle, () => this.#outlivedAt.get(name) ?? -Infinity));
    this.mounts.set(name, mount);
    this.#heard(now, mount);
    mount.goesOver(this.#byName.get(id));
    this.#joined(now, id, name);
  }

  #ended(name: string): void {
    this.mounts.delete(name);
    this.#redundancy.ended(name);
    for (const stream of this.#streams.values()) {
      if (stream.mount !== name) continue;
      stream.mount = undefined;
      stream.syncedAt = Infinity;
    }
  }

  #joined(now: number, id: string, mount: string): void {
    const stream = this.#byName.get(id);
    if (stream === undefined || stream.mount === mount) return;
    stream.joins(now, mount);
    const joined = this.mounts.get(mount);
    if (joined !== undefined) this.#heard(now, joined);
  }

  #gap(now: number, event: Extract<EdgeEvent, { readonly kind: 'gap' }>): void {
    const stream = this.#byName.get(event.stream);
    if (stream === undefined) return;
    this.#gaps.check(now, stream, event);
    const mount = this.mounts.get(event.mount);
    if (mount !== undefined) {
      this.#switches.checkPatch(mount, stream, event);
      if (event.action === 'skipped') mount.skipped = [...mount.skipped.slice(-8), { stream, sequence: event.sequence, messages: event.messages }];
    }
    stream.gaveUp(now, event.sequence, event.messages, event.verdict === 'jump');
    if (mount !== undefined && stream.frameAt === now) this.#heard(now, mount);
  }

  #switch(now: number, event: SwitchEvent): void {
    const mount = this.mounts.get(event.mount);
    if (mount === undefined) return;
    const to = this.#byName.get(event.to);
    this.#switches.check(now, mount, this.streams, event, this.#byName.get(event.from), to);
    this.#joined(now, event.to, event.mount);
    mount.switched(now, event, to);
    if (event.reason === 'operator') mount.chosen = to;
  }

  #stalled(now: number, name: string): void {
    const mount = this.mounts.get(name);
    if (mount?.live === undefined) return;
    this.#switches.checkStalled(now, mount, this.streams, `${name}: ${mount.live.name} is stalled`);
    mount.isStalled = true;
  }

  #resumed(name: string): void {
    const mount = this.mounts.get(name);
    if (mount !== undefined) mount.isStalled = false;
  }

  #fallbackEntered(name: string): void {
    const mount = this.mounts.get(name);
    if (mount !== undefined) mount.isOnFallback = true;
  }

  #fallbackLeft(now: number, { mount: name, to, what }: Extract<EdgeEvent, { readonly kind: 'fallback-left' }>): void {
    const mount = this.mounts.get(name);
    const stream = this.#byName.get(to);
    if (mount === undefined || stream === undefined) return;
    const wellUs = now - stream.cadence.runSince;
    // A file never runs dry.
    const isFile = fallbackFileOf(mount.policy) !== undefined;
    if (isFile && wellUs < ms(mount.settings.fallbackLeaveMs - FRAMES_APART_MS)) {
      this.#options.oracle.violated('a fallback stands in as it is set', `${name} leaves ${what} for ${stream.name}, which has come for ${toMs(wellUs as Micros)} ms`);
    }
    mount.isOnFallback = false;
    mount.changedAt = now;
    mount.goesOver(stream);
    this.#joined(now, to, name);
  }

  #fallbackReplaced(now: number, name: string): void {
    const mount = this.mounts.get(name);
    if (mount === undefined) return;
    mount.isOnFallback = false;
    mount.changedAt = now;
  }

  #heard(now: number, mount: MountModel): void {
    mount.heardAt = now;
    mount.heardInWorldAt = this.#options.clock.now;
  }

  /** By the machine's time and by the world's. */
  #since(now: number, at: number, inWorldAt: number): number {
    return Math.min(now - at, this.#options.clock.now - inWorldAt);
  }

  #over(what: string): void {
    this.#options.oracle.violated('what is over ends', `${this.#options.who}: ${what}`);
  }
}
