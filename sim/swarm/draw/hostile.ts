import type { SettingName } from '../../../core/config/settings.ts';
import { pick, type Dice } from '../../world/rng.ts';
import type { HostileKind, HostileSpec, Topology } from '../../world/topology.ts';
import { chance, whole } from './draws.ts';

interface Enabled {
  /** Whether the swarm has some: a kind is switched on here, with the change that the product withstands it by. */
  readonly isOn: boolean;
  /** Not where a bound is so small that whoever comes first has all of it. */
  readonly needs: readonly SettingName[];
  readonly does: string;
}

/** Whoever sends to a relay holds a connection there, and what he sends counts as traffic. */
const ROOM_TO_SEND: readonly SettingName[] = ['maxPaths'];
const ROOM: readonly SettingName[] = ['maxStreams', 'maxUnannouncedStreams', 'maxPaths'];
/** It subscribes besides, to hear what there is. */
const ROOM_TO_LISTEN: readonly SettingName[] = [...ROOM, 'maxSubscribers'];

/** Hostile and broken peers, by what they do to a relay. */
export const hostileKinds: Readonly<Record<HostileKind, Enabled>> = {
  noise: { isOn: true, needs: ROOM, does: 'bytes that are no messages' },
  garbled: { isOn: true, needs: ROOM, does: 'messages of an id of its own with something wrong about them, or cut off' },
  replays: { isOn: true, needs: ROOM_TO_LISTEN, does: 'what others have sent, again, to the byte' },
  deaf: { isOn: true, needs: ['maxSubscribers'], does: 'a subscriber that hardly reads' },
  mute: { isOn: true, needs: ROOM, does: 'connections to --in on which nothing is said' },
  crowd: { isOn: true, needs: ['maxSubscribers'], does: 'so many silent subscribers that there is room for nobody else' },
  ids: { isOn: true, needs: ROOM_TO_SEND, does: 'a new stream id with every message' },
  extremes: { isOn: true, needs: ROOM_TO_SEND, does: 'sequence numbers of the whole range' },
  far: { isOn: true, needs: ROOM_TO_LISTEN, does: 'audio under the ids of others, a million messages ahead' },
  // Off, for 1 of 30 seeds (24): a relay takes a stream that an upstream relay gets by datagrams from whoever pushes it, since that relay names no address for it.
  thief: { isOn: false, needs: ROOM_TO_LISTEN, does: 'its own audio under the ids of others, a second ahead of them' },
  stranger: { isOn: true, needs: ROOM_TO_SEND, does: 'an encoder of another programme that announces the mountpoint' },
  // Off: without keys a trespasser is a stranger, and nobody has the key of an edge. `keys/bad-keys.ts` draws them.
  trespasser: { isOn: false, needs: ROOM_TO_SEND, does: 'a good key of an encoder, for a mountpoint of its own, by which it sends another programme to one of others' },
  flood: { isOn: false, needs: ROOM, does: 'as many small messages of a stream of its own as fit, of all types' },
  'edge-key': { isOn: false, needs: ROOM_TO_LISTEN, does: 'the key of an edge that pushes audio, and sets titles that it may not set' },
  unpaced: { isOn: true, needs: ROOM_TO_SEND, does: 'an encoder of another programme that sends five times as fast as it plays' },
};

const kinds = Object.keys(hostileKinds) as HostileKind[];

/** In two of ten seeds, one or two of those that are switched on; or of those that are named. */
export function drawHostile(dice: Dice, topology: Topology, wanted: readonly HostileKind[] = kinds.filter((kind) => hostileKinds[kind].isOn)): Topology {
  const random = dice.stream('swarm:hostile');
  const { encoders, relays, settings = {} } = topology;
  const possible = wanted.filter((kind) => hostileKinds[kind].needs.every((name) => settings[name] === undefined));
  if (!chance(random, 0.2) || possible.length === 0) return topology;
  const hostile = Array.from({ length: whole(random, 1, 2) }, (_, index): HostileSpec => {
    const { mount, format } = pick(random, encoders);
    return { name: `hostile-${index + 1}`, kind: pick(random, possible), relay: pick(random, relays).name, startsAtS: whole(random, 1, 20), mount, format };
  });
  return { ...topology, hostile };
}
