import type { Micros } from '../../../../core/base/units.ts';
import { describeFormat } from '../../../../core/codec/format/format.ts';
import type { EndedMount, MountInfo } from '../../../../core/edge/edge.ts';
import type { MountFigures, StreamFigures } from '../../../../core/edge/mountpoint/figures.ts';
import type { PeerFigures } from '../../../../core/links/paths/peer-figures.ts';
import type { EdgeMachine } from '../../../../core/recording/recorded-edge.ts';
import { kilobits, saidOf } from '../../../icecast/source-figures.ts';
import { endText } from '../../../log/text/sentence.ts';
import type { Upstream } from '../../../net/ingress/subscriptions.ts';
import { sourceOf } from '../../operator/answers.ts';
import { encoderNameOf, laneStateOf } from '../history/lane-state.ts';
import type { EncoderState, MountDetail, MountPart, OnAir, PathState } from '../state.ts';

/** An edge to be shown. */
export interface EdgeToShow {
  readonly machine: Pick<EdgeMachine, 'mountNames' | 'figuresOf' | 'mount' | 'endedMount' | 'startable' | 'peers'>;
  /** The machine's. */
  readonly now: () => Micros;
  readonly upstreams: () => readonly Upstream[];
}

/** A mountpoint as everybody may see it, and its details. */
export function mountPart(figures: MountFigures, info: MountInfo | undefined): MountPart & { readonly detail: MountDetail } {
  const { audience, streams, state, switches } = figures;
  return {
    kind: 'mount',
    mount: figures.name,
    onAir: onAirOf(state, info),
    label: info === undefined ? '' : (saidOf(info).get('icy-name') ?? ''),
    title: info?.title ?? '',
    codec: info === undefined ? '' : describeFormat(info.format),
    kbps: info === undefined ? 0 : kilobits(info),
    listeners: audience.listeners,
    listenerPeak: audience.listenerPeak,
    detail: {
      slowListeners: audience.slowListeners,
      fallback: info?.fallback,
      switches,
      standingBy: streams.filter(({ isStandingBy }) => isStandingBy).length,
      isChosen: streams.some(({ isChosen }) => isChosen),
      encoders: streams.map(encoderOf),
      ended: undefined,
    },
  };
}

/** The same for everybody. */
export function publicMount({ kind, mount, onAir, label, title, codec, kbps, listeners, listenerPeak }: MountPart): MountPart {
  return { kind, mount, onAir, label, title, codec, kbps, listeners, listenerPeak };
}

/** One that starts when somebody asks for it. */
export function startablePart(mount: string): MountPart {
  return { kind: 'mount', mount, onAir: 'on-demand', label: '', title: '', codec: '', kbps: 0, listeners: 0, listenerPeak: 0 };
}

/** @param atMs when it ended. */
export function endedPart(ended: EndedMount, atMs: number): MountPart & { readonly detail: MountDetail } {
  const { name, listeners, streams } = ended;
  return {
    kind: 'mount',
    mount: name,
    onAir: 'ended',
    label: '',
    title: '',
    codec: describeFormat(streams[0]?.format),
    kbps: 0,
    listeners: 0,
    listenerPeak: 0,
    detail: { slowListeners: 0, fallback: undefined, switches: 0, standingBy: 0, isChosen: false, encoders: [], ended: { atMs, message: endText(ended), listeners } },
  };
}

/** Relays that are subscribed to, also those that have never been connected, and whoever else sends. */
export function pathStates(peers: readonly PeerFigures[], upstreams: readonly Upstream[]): readonly PathState[] {
  const up = new Map(upstreams.map(({ label, isUp }) => [label, isUp]));
  const missing = upstreams.filter(({ label }) => !peers.some(({ isUpstream, peer }) => isUpstream && peer === label));
  return [
    ...peers.filter((figures) => isShown(figures, up)).map((peer) => pathOf(peer, up.get(peer.peer))),
    ...missing.map(({ label, isUp }): PathState => ({ name: label, isRelay: true, transport: 'tcp', open: 0, isUp, dropped: 0, lagMs: null })),
  ];
}

/** A port for datagrams is open also when nobody sends to it; a relay by an address that its name has no more is none that is missed. */
function isShown({ isUpstream, peer, open, transport, messages }: PeerFigures, upstreams: ReadonlyMap<string, boolean>): boolean {
  return isUpstream ? open > 0 || upstreams.has(peer) : transport === 'tcp' || messages > 0;
}

/** Second copies are what a second path is for. */
function pathOf({ peer, isUpstream, transport, open, dropped, lagUs }: PeerFigures, isUp: boolean | undefined): PathState {
  const all = [...dropped].reduce((sum, [reason, count]) => sum + (reason === 'duplicate' || reason === 'stale' ? 0 : count), 0);
  return { name: peer === '' ? 'all others' : peer, isRelay: isUpstream, transport, open, isUp: isUp ?? open > 0, dropped: all, lagMs: lagUs === undefined ? null : Math.round(lagUs / 5_000) * 5 };
}

function onAirOf(state: MountFigures['state'], info: MountInfo | undefined): OnAir {
  if (state === 'nothing' || info === undefined) return 'starting';
  return state;
}

/** Without what changes with every frame: it would be told anew every second. */
function encoderOf(stream: StreamFigures): EncoderState {
  const { aheadMs: _aheadMs, ...source } = sourceOf(stream);
  return { ...source, name: encoderNameOf(stream), state: laneStateOf(stream) };
}
