import type { EdgeStream } from '../stream/stream.ts';
import { familyOf } from '../../codec/families.ts';
import type { SwitchingEvent } from '../switching/events.ts';
import type { Codec, FormatRefusal } from '../../codec/format/format.ts';
import { playedAs } from '../../codec/formats.ts';
import type { MountPolicy } from '../../config/mount-policy.ts';
import type { Policies } from '../../config/policies.ts';
import { streamName } from '../../links/peers/encoder-name.ts';
import type { Settings } from '../../config/settings.ts';
import { ms, type Micros } from '../../base/units.ts';

/** What a mountpoint that is on air tells of its beginning. */
export interface Begun {
  readonly startedAt: Micros;
  readonly codec: Codec;
  readonly listeners: number;
}

/**
 * Which codec a mountpoint has whose streams have several that a player cannot go from one to another with. What is configured counts, and
 * otherwise most of its streams, those of codecs that can follow one another together; of as many each way, those of the lowest stream id, so that edges agree that have the same streams.
 * Whose frame comes first does not count: what a stream has announced does, until its frames are there.
 */
export class FormatChoice {
  readonly #settings: Settings;
  readonly #policies: Policies;
  readonly #streams: Iterable<EdgeStream>;

  /** @param streams all of the edge. */
  constructor(settings: Settings, policies: Policies, streams: Iterable<EdgeStream>) {
    this.#settings = settings;
    this.#policies = policies;
    this.#streams = streams;
  }

  /** Whether the mountpoint of this stream, which has frames, begins with it. */
  mayBegin(now: Micros, stream: EdgeStream): boolean {
    const { codec } = stream.format!;
    const own = playedAs(codec);
    const all = this.#electorate(stream);
    if (all.every((other) => voteOf(other, codec) === own)) return true;
    const isSettled = now - Math.min(...all.map(({ health }) => health.framesSince)) >= ms(this.#settings.formatSettleMs);
    // Those that were announced and have not come by then are dead.
    return elected(isSettled ? all.filter((other) => other === stream || other.isHealthy(now)) : all, codec) === own;
  }

  /** Whether a mountpoint that has only just begun, and that nobody hears, had better begin anew with this stream, for most are like that. */
  corrects(now: Micros, stream: EdgeStream, { startedAt, codec, listeners }: Begun): boolean {
    const asked = stream.format!.codec;
    const own = playedAs(asked);
    if (listeners > 0 || own === playedAs(codec) || now - startedAt >= ms(this.#settings.formatSettleMs)) return false;
    return elected(this.#electorate(stream), asked) === own;
  }

  /** All streams of a mountpoint that could be heard there, and say what they are. */
  #electorate({ mountpoint }: EdgeStream): EdgeStream[] {
    return [...this.#streams].filter((stream) => {
      if (stream.mountpoint !== mountpoint || (stream.format === undefined && stream.description.announcedCodec === undefined)) return false;
      return stream.format === undefined || refusal(stream, this.#policies.of(mountpoint!)) === undefined;
    });
  }
}

/** Whether a stream that has frames cannot be heard at its mountpoint, whatever else there is. That is told once. */
export function isRefused(stream: EdgeStream, policy: MountPolicy, event: (event: SwitchingEvent) => void): boolean {
  const why = refusal(stream, policy);
  if (why !== undefined && stream.refuse()) event({ kind: 'backup-refused', mount: stream.mountpoint!, ...streamName(stream), why });
  return why !== undefined;
}

/** Why it cannot; undefined: it can. */
export function refusal({ format }: EdgeStream, { codec }: MountPolicy): FormatRefusal | undefined {
  return codec === undefined || format?.codec === codec ? undefined : { code: 'other-codec', wanted: codec, codec: format?.codec };
}

/** What a stream is played as; of one without frames what it has announced, which has one name for a whole family: that is taken for `asked`. */
function voteOf({ format, description }: EdgeStream, asked: Codec): Codec {
  if (format !== undefined) return playedAs(format.codec);
  const announced = description.announcedCodec!;
  return playedAs(familyOf({ codec: announced }) === familyOf({ codec: asked }) ? asked : announced);
}

/** What most of them are. */
function elected(streams: readonly EdgeStream[], asked: Codec): Codec | undefined {
  const votes = new Map<Codec, { readonly count: number; readonly lowest: string }>();
  for (const stream of streams) {
    const codec = voteOf(stream, asked);
    const { count, lowest } = votes.get(codec) ?? { count: 0, lowest: stream.name };
    votes.set(codec, { count: count + 1, lowest: stream.name < lowest ? stream.name : lowest });
  }
  const [first] = [...votes].sort(([, a], [, b]) => b.count - a.count || (a.lowest < b.lowest ? -1 : 1));
  return first?.[0];
}
