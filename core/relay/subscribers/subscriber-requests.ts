import type { Micros } from '../../base/units.ts';
import { mayAnnounce } from '../../links/peers/peer.ts';
import type { WallClock } from '../../links/wall-clock.ts';
import { packed, prefixed } from '../../wire/framing.ts';
import type { Breaks } from '../../wire/messages/breaks-message.ts';
import type { Moment } from '../../wire/messages/moment-message.ts';
import type { SetTitle } from '../../wire/messages/set-title.ts';
import { encodeWantsTaken } from '../../wire/messages/wants.ts';
import type { RelayBreaks } from '../breaks.ts';
import type { RelayMoments } from '../moments.ts';
import type { RelayStream } from '../streams/stream.ts';
import type { RelayStreams } from '../streams/streams.ts';
import type { Subscriber } from './subscriber.ts';
import type { RelaySubscribers } from './subscribers.ts';
import type { RelayTitles } from '../titles.ts';

export interface SubscriberRequestsOptions {
  readonly streams: RelayStreams;
  readonly titles: RelayTitles;
  readonly moments: RelayMoments;
  readonly breaks: RelayBreaks;
  readonly subscribers: RelaySubscribers;
  readonly wallClock: WallClock;
  /** Titles of subscribers are ignored, and their moments. */
  readonly refusesTitles: boolean;
  /** Of what a subscriber is given first, one piece. */
  readonly chunkBytes: number;
  /** A subscriber asks for more than it may. */
  readonly full: (bound: 'titleVersion' | 'titlesPerSubscriber' | 'wantsPerSubscriber' | 'momentsPerSubscriber', holders: () => string) => void;
}

/** What subscribers say by their connections: titles that were set behind them, what they want, and what edges know of segments. */
export class SubscriberRequests {
  readonly #options: SubscriberRequestsOptions;

  constructor(options: SubscriberRequestsOptions) {
    this.#options = options;
  }

  /** In any chunking, borrowed. */
  said(now: Micros, subscriber: Subscriber, bytes: Uint8Array): void {
    const { streams } = this.#options;
    subscriber.said(bytes, {
      title: (message, start, title) => this.#title(now, subscriber, streams.find(message, start), title),
      wants: (version, names) => this.#wants(now, subscriber, version, names),
      moment: (message, start, moment) => this.#moment(now, subscriber, streams.find(message, start), moment),
      breaks: (message, start, breaks) => this.#breaks(now, subscriber, streams.find(message, start), breaks),
    });
  }

  #title(now: Micros, subscriber: Subscriber, stream: RelayStream | undefined, title: SetTitle): void {
    const { titles, wallClock, refusesTitles, full } = this.#options;
    const { peer } = subscriber;
    if (wallClock.isBeyond(now, title)) return full('titleVersion', () => peer.name);
    if (refusesTitles || (stream !== undefined && !mayAnnounce(peer, stream.mount))) return;
    titles.saidBack(now, peer.name, stream, title, () => {
      if (subscriber.mayChangeTitle(now)) return true;
      full('titlesPerSubscriber', () => peer.name);
      return false;
    });
  }

  #moment(now: Micros, subscriber: Subscriber, stream: RelayStream | undefined, moment: Moment): void {
    const { moments, refusesTitles } = this.#options;
    const { peer } = subscriber;
    if (refusesTitles || (stream !== undefined && !mayAnnounce(peer, stream.mount))) return;
    moments.said(now, stream, moment, undefined, () => this.#maySay(now, subscriber));
  }

  #breaks(now: Micros, subscriber: Subscriber, stream: RelayStream | undefined, breaks: Breaks): void {
    if (this.#options.refusesTitles || (stream !== undefined && !mayAnnounce(subscriber.peer, stream.mount))) return;
    this.#options.breaks.said(now, stream, breaks, undefined, () => this.#maySay(now, subscriber));
  }

  #maySay(now: Micros, subscriber: Subscriber): boolean {
    if (subscriber.maySayMoment(now)) return true;
    this.#options.full('momentsPerSubscriber', () => subscriber.peer.name);
    return false;
  }

  /** What is new for it begins with its openings and its history, at once. */
  #wants(now: Micros, subscriber: Subscriber, version: number, names: readonly string[]): void {
    const { streams, titles, breaks, subscribers, chunkBytes, full } = this.#options;
    if (!subscriber.hasWanted(version)) {
      if (!subscriber.mayChangeWants(now)) return full('wantsPerSubscriber', () => subscriber.peer.name);
      const added = subscriber.want(version, names);
      subscriber.give(packed([...streams.openingsOf(added), ...titles.openingsOf(added), ...breaks.openingsOf(added)], chunkBytes));
    }
    if (subscriber.hasRoom) subscriber.give([prefixed(encodeWantsTaken(version))]);
    subscribers.pumpNow(now);
  }
}
