/** Frames and tags as the standards draw them, written without looking at the code under test. */

export interface MpegOptions {
  version?: '1' | '2' | '2.5';
  layer?: 1 | 2 | 3;
  /** 128 unless told: every layer of every version has it. */
  kbps?: number;
  sampleRateHz?: number;
  mode?: 'stereo' | 'joint' | 'dual' | 'mono';
  padding?: boolean;
  crc?: boolean;
  emphasis?: 0 | 1 | 2 | 3;
  /** Layer III only. */
  mainDataBegin?: number;
  /** Every byte behind the header, CRC and the beginning of the side info. */
  fill?: number;
}

/** Columns: MPEG-1 Layer I, II, III, then MPEG-2 and 2.5 Layer I, and II or III; rows by bitrate index from 1. */
export const bitrateRows: readonly (readonly [number, number, number, number, number])[] = [
  [32, 32, 32, 32, 8], [64, 48, 40, 48, 16], [96, 56, 48, 56, 24], [128, 64, 56, 64, 32], [160, 80, 64, 80, 40],
  [192, 96, 80, 96, 48], [224, 112, 96, 112, 56], [256, 128, 112, 128, 64], [288, 160, 128, 144, 80], [320, 192, 160, 160, 96],
  [352, 224, 192, 176, 112], [384, 256, 224, 192, 128], [416, 320, 256, 224, 144], [448, 384, 320, 256, 160],
];

export const mpegRates = {
  '1': [44_100, 48_000, 32_000],
  '2': [22_050, 24_000, 16_000],
  '2.5': [11_025, 12_000, 8_000],
} as const;

export function bitrateColumn(version: '1' | '2' | '2.5', layer: 1 | 2 | 3): number {
  return version === '1' ? layer - 1 : layer === 1 ? 3 : 4;
}

export function mpegFrame(options: MpegOptions = {}): Uint8Array {
  const { version = '1', layer = 3, mode = 'stereo', padding = false, crc = false, emphasis = 0, mainDataBegin = 0, fill = 0x55 } = options;
  const sampleRateHz = options.sampleRateHz ?? mpegRates[version][0];
  const column = bitrateColumn(version, layer);
  const kbps = options.kbps ?? 128;
  const bitrateIndex = 1 + bitrateRows.findIndex((row) => row[column] === kbps);
  const rateIndex = mpegRates[version].findIndex((rate) => rate === sampleRateHz);
  if (bitrateIndex === 0 || rateIndex < 0) throw new RangeError(`no such frame: ${JSON.stringify(options)}`);

  const slotBytes = layer === 1 ? 4 : 1;
  const samples = layer === 1 ? 384 : layer === 3 && version !== '1' ? 576 : 1152;
  const slots = Math.floor((samples * kbps * 1000) / (8 * sampleRateHz * slotBytes)) + (padding ? 1 : 0);
  const frame = new Uint8Array(slots * slotBytes).fill(fill);
  const modeBits = { stereo: 0, joint: 1, dual: 2, mono: 3 }[mode];
  frame[0] = 0xff;
  frame[1] = 0xe0 | ({ '1': 3, '2': 2, '2.5': 0 }[version] << 3) | ((4 - layer) << 1) | (crc ? 0 : 1);
  frame[2] = (bitrateIndex << 4) | (rateIndex << 2) | (padding ? 2 : 0);
  frame[3] = (modeBits << 6) | emphasis;
  const sideInfoAt = crc ? 6 : 4;
  if (layer === 3 && version === '1') {
    frame[sideInfoAt] = mainDataBegin >> 1;
    frame[sideInfoAt + 1] = ((mainDataBegin & 1) << 7) | (fill & 0x7f);
  } else if (layer === 3) {
    frame[sideInfoAt] = mainDataBegin;
  }
  return frame;
}

export interface AdtsOptions {
  mpegVersion?: '2' | '4';
  objectType?: 1 | 2 | 3 | 4;
  sampleRateHz?: number;
  channelConfiguration?: number;
  /** Raw data blocks. */
  blocks?: 1 | 2 | 3 | 4;
  crc?: boolean;
  lengthBytes?: number;
  fill?: number;
}

export const adtsRates: readonly number[] = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];

export function adtsFrame(options: AdtsOptions = {}): Uint8Array {
  const { mpegVersion = '4', objectType = 2, sampleRateHz = 44_100, channelConfiguration = 2, blocks = 1, crc = false } = options;
  const { lengthBytes = 372, fill = 0x55 } = options;
  const bits: [value: number, width: number][] = [
    [0xfff, 12], [mpegVersion === '2' ? 1 : 0, 1], [0, 2], [crc ? 0 : 1, 1],
    [objectType - 1, 2], [adtsRates.indexOf(sampleRateHz), 4], [0, 1], [channelConfiguration, 3], [0, 4],
    [lengthBytes, 13], [0x7ff, 11], [blocks - 1, 2],
  ];
  const text = bits.map(([value, width]) => value.toString(2).padStart(width, '0')).join('');
  const frame = new Uint8Array(lengthBytes).fill(fill);
  for (let i = 0; i < 7; i++) frame[i] = Number.parseInt(text.slice(8 * i, 8 * i + 8), 2);
  return frame;
}

/** A silent frame with a player's table of contents: at the place of Xing unless another is given. */
export function infoFrame(letters: 'Xing' | 'Info' | 'VBRI', options: MpegOptions = {}, at?: number): Uint8Array {
  const { version = '1', mode = 'stereo' } = options;
  const sideInfo = version === '1' ? (mode === 'mono' ? 17 : 32) : mode === 'mono' ? 9 : 17;
  const frame = mpegFrame({ ...options, fill: 0 });
  frame.set(ascii(letters), at ?? (letters === 'VBRI' ? 36 : 4 + sideInfo));
  return frame;
}

export function id3v2(bodyBytes: number, options: { footer?: boolean; fill?: number } = {}): Uint8Array {
  const { footer = false, fill = 0x20 } = options;
  const tag = new Uint8Array(10 + bodyBytes + (footer ? 10 : 0)).fill(fill);
  const size = [21, 14, 7, 0].map((shift) => (bodyBytes >> shift) & 0x7f);
  const flags = footer ? 0x10 : 0;
  tag.set([...ascii('ID3'), 4, 0, flags, ...size]);
  if (footer) tag.set([...ascii('3DI'), 4, 0, flags, ...size], 10 + bodyBytes);
  return tag;
}

export function id3v1(): Uint8Array {
  const tag = new Uint8Array(128);
  tag.set(ascii('TAGTitle'));
  return tag;
}

/** An APE tag with a header and a footer, or only a footer. */
export function apeTag(itemBytes: number, options: { version?: 1000 | 2000; header?: boolean; fill?: number } = {}): Uint8Array {
  const { version = 2000, header = true, fill = 0x20 } = options;
  const end = (isHeader: boolean): Uint8Array => {
    const bytes = new Uint8Array(32);
    const view = new DataView(bytes.buffer);
    bytes.set(ascii('APETAGEX'));
    view.setUint32(8, version, true);
    view.setUint32(12, itemBytes + 32, true);
    view.setUint32(16, 1, true);
    view.setUint32(20, version === 1000 ? 0 : (header ? 0x8000_0000 : 0) + (isHeader ? 0x2000_0000 : 0), true);
    return bytes;
  };
  return join(header ? end(true) : new Uint8Array(0), new Uint8Array(itemBytes).fill(fill), end(false));
}

/** As files have it in front of an ID3v1 tag. */
export function lyrics3(textBytes: number, options: { version?: 1 | 2; fill?: number } = {}): Uint8Array {
  const { version = 2, fill = 0x20 } = options;
  const begin = ascii('LYRICSBEGIN');
  const text = new Uint8Array(textBytes).fill(fill);
  const end = version === 1 ? 'LYRICSEND' : `${String(begin.length + textBytes).padStart(6, '0')}LYRICS200`;
  return join(begin, text, ascii(end));
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function times(count: number, part: Uint8Array): Uint8Array {
  return join(...Array.from({ length: count }, () => part));
}
