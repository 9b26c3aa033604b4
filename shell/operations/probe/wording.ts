import { familyOf } from '../../../core/codec/families.ts';
import type { FrameFormat } from '../../../core/codec/format/format.ts';
import type { Garbling, SecondFigures } from '../../../core/probe/events.ts';
import type { ProbeFigures } from '../../../core/probe/figures.ts';
import { inTenths } from './limits.ts';
import type { Answer, ProbeNews, Summary } from './reporter.ts';

const garblings: Readonly<Record<Garbling, string>> = {
  overlap: 'the data of a frame overlaps that of the frame before',
  foreign: 'a frame skips bytes of another frame',
  overrun: 'a frame declares more audio than it has',
};

/** An event in words; undefined for what is told by figures alone. */
export function wordsFor(event: ProbeNews): string | undefined {
  switch (event.kind) {
    case 'connected':
      return event.connects === 1 ? 'connected' : `reconnected (connection ${event.connects})`;
    case 'answer':
      return answerWords(event);
    case 'not-connected':
      return `not connected: ${event.reason}`;
    case 'disconnected':
      return `DISCONNECTED: ${event.reason}`;
    case 'first-audio':
      return `first audio after ${whole(event.afterMs)} ms`;
    case 'format':
      return `format: ${formatWords(event.format)}`;
    case 'title':
      return event.title === '' ? 'no title' : `title: ${event.title}`;
    case 'bad-metadata':
      return `INVALID METADATA block: ${JSON.stringify(event.text)}`;
    case 'stalled':
      return `STALL: no data for ${whole(event.silentMs)} ms`;
    case 'stall-over':
      return `stall over after ${whole(event.silentMs)} ms`;
    case 'silence':
      return `SILENCE of ${whole(event.silentMs)} ms (buffer empty)`;
    case 'digital-silence':
      return 'DIGITAL SILENCE: nothing is coded in the audio';
    case 'digital-silence-over':
      return `digital silence over after ${whole(event.silentMs)} ms`;
    case 'garbled':
      return `GARBLED: ${garblings[event.why]}`;
    case 'stray-bytes':
      return `GARBLED: ${event.bytes} bytes outside frames`;
    case 'odd-rate':
      return `splice: ${inTenths(event.oddBps / 1000)} kbit/s for one frame, instead of ${inTenths(event.usualBps / 1000)}`;
    case 'new-rate':
      return `bit rate: ${inTenths(event.toBps / 1000)} kbit/s, after ${inTenths(event.fromBps / 1000)}`;
    case 'repeating':
      return `REPEATING audio of ${whole(event.backMs)} ms ago`;
    case 'repeated':
      return `repeated ${whole(event.repeatedMs)} ms`;
    case 'missing':
      return event.missingMs > 0
        ? `MISSING: about ${whole(event.missingMs)} ms of programme`
        : `ahead: about ${whole(-event.missingMs)} ms more programme than real time`;
    case 'left-out':
      return `(${event.count} more "${event.what}" events suppressed)`;
    case 'second':
      return undefined;
    default:
      return event satisfies never;
  }
}

/** The line that a terminal shows all the time. */
export function liveWords({ isConnected, kbps, heldMs, silentMs }: SecondFigures, figures: ProbeFigures): string {
  const state = isConnected ? (silentMs > 1_000 ? `no data for ${inTenths(silentMs / 1000)} s` : `${whole(kbps)} kbit/s`) : 'not connected';
  return [
    `${whole(figures.listenedMs / 1000)} s`,
    state,
    `buffer ${inTenths(heldMs / 1000)} s`,
    `stall ${whole(figures.longestStallMs)} ms`,
    `silence ${whole(figures.silenceMs)} ms`,
    `garbled ${figures.garbledPlaces}`,
    ...(figures.title === undefined ? [] : [figures.title]),
  ].join('  ');
}

/** The figures at the end, a line each. */
export function figureLines(figures: ProbeFigures): readonly string[] {
  const { format, missingMs, driftPpm, firstAudioMs, oddRates, rateChanges, garbled } = figures;
  const missing = missingMs === undefined ? 'missing: unknown before 25 s' : `about ${whole(missingMs)} ms missing`;
  const drift = driftPpm === undefined ? 'drift: unknown before 75 s' : `drift ${whole(driftPpm)} ppm`;
  const rates = [...(oddRates > 0 ? [`${oddRates} odd frames`] : []), ...(rateChanges > 0 ? [`${rateChanges} changes`] : [])];
  return [
    row('connections', `${figures.connects} made, ${figures.disconnects} lost${reasons(figures.disconnectReasons)}, ${sum(figures.failures)} failed${reasons(figures.failures)}`),
    row('first audio', firstAudioMs === undefined ? 'never' : `after ${whole(firstAudioMs)} ms`),
    row('stalls', `longest ${whole(figures.longestStallMs)} ms, ${figures.stalls} above the limit`),
    row('silence', `${whole(figures.silenceMs)} ms; none with a buffer of ${whole(figures.bufferNeededMs)} ms`),
    row('audio', `longest digital silence ${whole(figures.digitalSilenceMs)} ms`),
    row('programme', `${inTenths(figures.programmeMs / 1000)} s received, ${missing}, ${drift}`),
    row('format', format === undefined ? 'unknown' : `${formatWords(format)}${figures.formatChanges > 0 ? `, ${figures.formatChanges} changes` : ''}`),
    row('bit rate', [`mean ${inTenths(figures.kbps)} kbit/s`, ...rates].join(', ')),
    row('frames', `${figures.frames}, ${figures.frameBytes} bytes; ${skippedWords(figures)}`),
    row('garbled', `${figures.garbledPlaces} places: ${garbled.overlap + garbled.foreign + garbled.overrun} cuts (${figures.garbledFrames} frames), ${figures.strayPlaces} with stray bytes (${figures.strayBytes})`),
    row('repeated', `${whole(figures.repeatedMs)} ms at ${figures.repeats} places`),
    row('titles', `${figures.titles}${figures.badMetadata > 0 ? `, ${figures.badMetadata} invalid metadata blocks` : ''}`),
  ];
}

/** The last line: the verdict, and what it is for. */
export function verdictLine({ url, figures, violations }: Summary): string {
  const { format, kbps, longestStallMs, silenceMs, disconnects, garbledPlaces, listenedMs } = figures;
  const about = [
    `${inTenths(listenedMs / 1000)} s`,
    ...(format === undefined ? [] : [`${formatWords(format)} ${whole(kbps)} kbit/s`]),
    `longest stall ${whole(longestStallMs)} ms`,
    `silence ${whole(silenceMs)} ms`,
    `disconnects ${disconnects}`,
    `garbled places ${garbledPlaces}`,
  ].join(', ');
  return violations.length === 0 ? `OK ${url}: ${about}` : `BAD ${url}: ${about}: ${violations.join('; ')}`;
}

function formatWords(format: FrameFormat): string {
  const { sampleRateHz, channels } = format;
  const layout = channels === 1 ? 'mono' : channels === 2 ? 'stereo' : `${channels} channels`;
  return `${familyOf(format).nameOf(format)} ${inTenths(sampleRateHz / 1000)} kHz ${layout}`;
}

function answerWords({ server, contentType, name, kbps, metadataIntervalBytes }: Answer): string {
  const parts = [
    contentType === '' ? 'no content type' : contentType,
    ...(name === '' ? [] : [`"${name}"`]),
    ...(kbps === '' ? [] : [`${kbps} kbit/s announced`]),
    metadataIntervalBytes === '' ? 'no metadata' : `metadata every ${metadataIntervalBytes} bytes`,
    ...(server === '' ? [] : [`by ${server}`]),
  ];
  return `answer: ${parts.join(', ')}`;
}

function skippedWords({ skipped }: ProbeFigures): string {
  const parts = Object.entries(skipped).flatMap(([reason, { bytes }]) => (bytes > 0 ? [`${bytes} bytes of ${reason}`] : []));
  return parts.length === 0 ? 'no other bytes' : parts.join(', ');
}

function row(name: string, text: string): string {
  return `${name.padEnd(13)}${text}`;
}

function reasons(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([reason, count]) => `${reason}: ${count}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function whole(value: number): string {
  return String(Math.round(value));
}
