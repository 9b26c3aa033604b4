import { nominalFrameUs, type Glance, type Programme } from '../../programme/programme.ts';
import { MOST_RESERVOIR_BYTES } from '../../programme/hearing.ts';
import { mainDataBytes } from '../../programme/model-frame.ts';
import type { Oracle } from '../oracle.ts';
import type { EdgeModel } from '../model/edge-model.ts';
import type { ModelSwitch, MountModel } from '../model/mount-model.ts';
import type { ModelText } from '../model/texts.ts';
import { ShownTitles } from '../shown-titles.ts';
import type { StreamModel } from '../model/stream-model.ts';

/** What a match by content may be off besides half a frame: looks scatter, and sample clocks drift until the next one. */
const CONTENT_US = 16_000;
/** So long a match is believed that nothing has confirmed. */
const RELEARN_US = 30_000_000;
/** A title is released in its order: so much later than it comes. */
const TITLE_US = 5_000_000;
/** Behind a cut a frame may have been made anew: so many are looked at closely. */
const FRAMES_BEHIND_CUT = 4;
/** A listener begins in the middle of a stream: until then a decoder may lack what came before. */
const FRAMES_TO_BEGIN = 12;

/** What one listener of a mountpoint is given, frame by frame. */
export interface GivenTo {
  readonly mount: string;
  last: Glance | undefined;
  frames: number;
  /** What an MP3 decoder has of the bytes before the next frame. */
  reservoirBytes: number;
  framesSinceCut: number;
  /** A metadata text that came, and belongs to the next frame that is whole or to the one before. */
  news: string | undefined;
  text: string | undefined;
  /** What it was shown of that mountpoint; undefined before the first. */
  shown: ShownTitles | undefined;
  /** The mountpoint that had it on air; one that has ended and begins anew is another. */
  textOf: MountModel | undefined;
}

export function givenTo(mount: string): GivenTo {
  return { mount, last: undefined, frames: 0, reservoirBytes: 0, framesSinceCut: 0, news: undefined, text: undefined, textOf: undefined, shown: undefined };
}

/** Judges what listeners are given: whether a decoder can follow, where a switch has cut, and whose titles there are. */
export class ListenerRules {
  readonly #oracle: Oracle;
  readonly #programme: Programme;
  readonly #model: EdgeModel;

  constructor(oracle: Oracle, programme: Programme, model: EdgeModel) {
    this.#oracle = oracle;
    this.#programme = programme;
    this.#model = model;
  }

  frame(to: GivenTo, frame: Glance, bytes: Uint8Array, start: number, end: number): void {
    const { last } = to;
    // An edge that gives out what it cannot know to be forged cannot mend what lies beside it: `ForgeryRules` says for how long that may be.
    if (frame.stream.isForged || last?.stream.isForged === true) {
      to.frames = 0;
      to.framesSinceCut = 0;
      to.reservoirBytes = 0;
      to.last = frame;
      return;
    }
    if (last !== undefined && last.stream.format.codec !== frame.stream.format.codec) {
      this.#oracle.violated('a decoder is given nothing that it cannot decode', `${frame.stream.format.codec} of ${frame.stream.name} follows ${last.stream.format.codec} in one connection`);
    }
    if (frame.stream.isForeign && !frame.stream.isStranger) this.#oracle.violated('a listener hears only those who are allowed', `${frame.stream.name} is heard at ${to.mount}`);
    const goesOn = last !== undefined && last.stream === frame.stream && frame.stream.follows(last.index, frame.index);
    if (last !== undefined && !goesOn) {
      to.framesSinceCut = 0;
      to.reservoirBytes = 0;
      // An encoder that was stopped has left out frames of its own, and no message: nobody behind it can know.
      if (last.stream === frame.stream && this.#follows(last, frame)) to.frames = 0;
      if (last.stream !== frame.stream) this.#checkSplice(to.mount, last, frame);
    }
    if (frame.stream.format.codec === 'mp3') this.#decode(to, frame, bytes, start, end);
    this.#checkText(to, frame);
    to.frames++;
    to.framesSinceCut++;
    to.last = frame;
  }

  #decode(to: GivenTo, frame: Glance, bytes: Uint8Array, start: number, end: number): void {
    let begin = (bytes[start + 4]! << 1) | (bytes[start + 5]! >> 7);
    let adds = mainDataBytes(end - start);
    let isMuted = false;
    if (to.framesSinceCut < FRAMES_BEHIND_CUT) {
      const known = this.#programme.recognise(bytes, start, end);
      if (typeof known === 'string') return;
      begin = known.mainDataBegin;
      adds = known.mainDataBytes;
      isMuted = known.isMuted;
      if (known.isMadeAnew) to.reservoirBytes = 0;
    }
    if (begin > to.reservoirBytes && !isMuted && to.frames >= FRAMES_TO_BEGIN) {
      this.#oracle.violated('a decoder is given nothing that it cannot decode', `${frame.stream.name} frame ${frame.index} reaches back ${begin} bytes, ${to.framesSinceCut} frames behind a cut`);
    }
    to.reservoirBytes = Math.min(MOST_RESERVOIR_BYTES, to.reservoirBytes + adds);
  }

  /** Whether all that there was between two frames has come, and is no audio. */
  #follows(last: Glance, frame: Glance): boolean {
    const model = this.#model.streamOf(frame.stream);
    if (model === undefined) return true;
    const [from, to] = [model.sequenceOf(last.index), model.sequenceOf(frame.index)];
    return from < 0 || to < 0 || model.isNoAudioBetween(from, to);
  }

  /** Where the programme jumps, against where the edge says that it does. What only arrivals matched may lie anywhere. */
  #checkSplice(mountName: string, last: Glance, frame: Glance): void {
    const mount = this.#model.mounts.get(mountName);
    const from = this.#model.streamOf(last.stream);
    const to = this.#model.streamOf(frame.stream);
    if (mount === undefined || from === undefined || to === undefined || last.stream.isFile || frame.stream.isFile) return;
    const switches = mount.switchesBetween(from.id, to.id);
    if (switches.length === 0 || switches.some(({ event }) => event.matchedBy !== 'content')) return;
    // Where a stream has lost something, or its encoder was stopped, a look has to find the point anew: also where the new one has lost it just now.
    if (switches.some(({ at }) => at - Math.max(from.doubtfulAt(at), to.doubtfulAt(at + 1)) < RELEARN_US)) return;
    // Of a stream that is silent no look tells where it lies, and what is known of it was found against those that were on air meanwhile.
    if (switches.some(({ at }) => [from, to].some((stream) => stream.silence.hasBeenSince(at - RELEARN_US)) || this.#wasDoubtful(mount, at))) return;
    const jumpUs = frame.stream.positionUs(frame.index) - last.stream.positionUs(last.index + 1);
    if (switches.some((each) => isAsSaid(jumpUs, each, frame, skippedUs(mount, from, last)))) return;
    const [{ event }] = switches as [ModelSwitch];
    const said = `missing ${event.missingMs} ms, repeated ${event.repeatedMs} ms, ${event.reason}`;
    this.#oracle.violated('a switch costs no more than it must', `${mountName}: from ${last.stream.name} frame ${last.index} to ${frame.stream.name} frame ${frame.index} is a jump of ${jumpUs / 1000} ms, and the edge said ${said}`);
  }

  /** One of the streams that were on air lately had lost something, or its encoder was stopped: others were compared with it. */
  #wasDoubtful(mount: MountModel, at: number): boolean {
    const lately = mount.switches.filter((each) => each.at <= at && at - each.at < RELEARN_US).map(({ event }) => event.from);
    return this.#model.streams.some((stream) => lately.includes(stream.id) && at - stream.doubtfulAt(at) < RELEARN_US);
  }

  /** A text that has just come was said by the stream of the frame in which it stands, or of the one before, or by another one, and is newer. */
  #checkText(to: GivenTo, frame: Glance): void {
    const { news, last, text: before, textOf } = to;
    to.news = undefined;
    if (news === undefined || news === '') return;
    to.text = news;
    to.textOf = this.#mountOf(frame);
    if (textOf !== to.textOf) to.shown = undefined;
    if (this.#isSet(to, news, frame)) return;
    const where = `"${news}" stands before ${frame.stream.name} frame ${frame.index}`;
    if (this.#said(frame, news)) {
      // A mountpoint that has begun anew knows nothing of what was on air before.
      if (before !== undefined && textOf === to.textOf && this.#isOld(frame, news, before)) this.#oracle.violated('a title is that of its frames', `${where}, and is older than "${before}"`);
      return;
    }
    if ((last !== undefined && this.#said(last, news)) || this.#isNewer(frame, news)) return;
    this.#oracle.violated('a title is that of its frames', `${where}, whose encoder did not say so`);
  }

  /** One that was set for the mountpoint: it belongs to no stream. */
  #isSet(to: GivenTo, news: string, frame: Glance): boolean {
    to.shown ??= new ShownTitles(this.#oracle, () => to.textOf?.shown.outlivedAt ?? -Infinity);
    const before = to.shown.newest;
    if (!to.shown.shows(news, to.textOf?.shown)) this.#oracle.violated('a title that was set is followed by newer ones only', `"${news}" stands before ${frame.stream.name} frame ${frame.index}, behind "${before}"`);
    return to.shown.isSet;
  }

  #mountOf({ stream }: Glance): MountModel | undefined {
    const mount = this.#model.streamOf(stream)?.mount;
    return mount === undefined ? undefined : this.#model.mounts.get(mount);
  }

  /** Its own stream got it before another one of the mountpoint got the one that the listener saw. */
  #isOld({ stream, index }: Glance, text: string, before: string): boolean {
    const model = this.#model.streamOf(stream);
    const own = model && begunBefore(model, model.sequenceOf(index));
    if (model === undefined || own?.text !== text) return false;
    return this.#othersWith(model, before).some((other) => newestRun(other, before) > own.at + TITLE_US);
  }

  #othersWith(model: StreamModel, text: string): readonly StreamModel[] {
    return this.#model.streams.filter((other) => other !== model && other.mount === model.mount && other.texts.all.some((each) => each.text === text));
  }

  /** Another stream of the mountpoint got it later than this one got its own, as far as anybody knows how old that is. */
  #isNewer({ stream, index }: Glance, text: string): boolean {
    const model = this.#model.streamOf(stream);
    if (model === undefined) return true;
    const others = this.#othersWith(model, text);
    // What one has said that is forgotten goes on until there is another title.
    if (others.length === 0) return text.includes('from ');
    const sequence = model.sequenceOf(index);
    const own = begunBefore(model, sequence < 0 ? Infinity : sequence);
    return own === undefined || others.some((other) => newestRun(other, text) >= own.at - TITLE_US);
  }

  #said({ stream, index }: Glance, text: string): boolean {
    if (stream.isFile) return true;
    const model = this.#model.streamOf(stream);
    if (model === undefined || model.texts.all.length === 0) return true;
    const sequence = model.sequenceOf(index);
    const own = model.texts.all.filter((each) => each.text === text);
    // The reference has not seen every title that relays say ahead of a history; they name the encoder that they are of.
    if (own.length === 0 && text.includes(`from ${stream.name}'`)) return true;
    if (sequence < 0) return own.length > 0;
    const inForce = (each: ModelText): boolean => each.isOpening || each.sequence < sequence;
    // One that has not said any yet has the one before.
    return own.some(inForce) || !model.texts.all.some((each) => each.isSure && inForce(each));
  }
}

/** The text in force at a message: where it was said first, if that is known. */
function begunBefore({ texts }: StreamModel, sequence: number): ModelText | undefined {
  const said = texts.all.filter((each) => each.isSure && (each.isOpening || each.sequence < sequence)).sort((a, b) => a.sequence - b.sequence);
  const inForce = said.at(-1);
  const before = said.findLastIndex(({ text }) => text !== inForce?.text);
  return before < 0 ? undefined : said[before + 1];
}

/** When a stream got a text last that it had not said right before. */
function newestRun({ texts }: StreamModel, text: string): number {
  const said = [...texts.all].sort((a, b) => a.sequence - b.sequence);
  const last = said.findLastIndex((each) => each.text === text);
  const before = said.findLastIndex((each, index) => index < last && each.text !== text);
  return said[before + 1]!.at;
}

function isAsSaid(jumpUs: number, { event }: ModelSwitch, { stream }: Glance, skipped: number): boolean {
  const saidUs = 1_000 * (event.missingMs - event.repeatedMs);
  const tolerance = nominalFrameUs(stream.format) / 2 + CONTENT_US;
  const most = event.waitMs > 0 ? Infinity : saidUs + skipped + tolerance;
  return jumpUs >= saidUs - tolerance && jumpUs <= most;
}

/** What was given up of the stream that was left, behind the last frame of it. */
function skippedUs(mount: MountModel, from: StreamModel, last: Glance): number {
  const sequence = from.sequenceOf(last.index);
  const lost = mount.skipped.filter((each) => each.stream === from && each.sequence > sequence);
  return lost.reduce((sum, { messages }) => sum + messages * nominalFrameUs(last.stream.format), 0);
}
