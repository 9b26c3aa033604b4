/** What the encoders of a measurement put out: 44.1 kHz stereo, but for the last. */
export type Format = 'mp3' | 'mp3-vbr' | 'mp2' | 'aac' | 'aac-22k';

export interface FormatDetails {
  readonly label: string;
  readonly contentType: string;
  /** Of the programme at PCM_RATE_HZ, in one frame. */
  readonly samplesPerFrame: number;
  /** What ffmpeg calls it as an input. */
  readonly demuxer: 'mp3' | 'aac';
  /** How ffmpeg makes it. */
  readonly arguments: readonly string[];
}

/** What the programme is fed at. */
export const PCM_RATE_HZ = 44_100;

/**
 * No encoder of HE-AAC is free enough for Debian's main section (libfdk-aac is not; ffmpeg's own and VisualOn's are LC
 * only; Liquidsoap and GStreamer use one of these). In its place stands what an HE-AAC stream is to everybody but its
 * decoder: AAC-LC at half the sample rate, with frames of twice the length.
 */
export const formats: Readonly<Record<Format, FormatDetails>> = {
  mp3: {
    label: 'MP3 CBR 128',
    contentType: 'audio/mpeg',
    samplesPerFrame: 1_152,
    demuxer: 'mp3',
    arguments: ['-c:a', 'libmp3lame', '-b:a', '128k', '-f', 'mp3'],
  },
  'mp3-vbr': {
    label: 'MP3 VBR V4',
    contentType: 'audio/mpeg',
    samplesPerFrame: 1_152,
    demuxer: 'mp3',
    arguments: ['-c:a', 'libmp3lame', '-q:a', '4', '-f', 'mp3'],
  },
  mp2: {
    label: 'MP2 192',
    contentType: 'audio/mpeg',
    samplesPerFrame: 1_152,
    demuxer: 'mp3',
    arguments: ['-c:a', 'mp2', '-b:a', '192k', '-f', 'mp2'],
  },
  aac: {
    label: 'AAC-LC 96',
    contentType: 'audio/aac',
    samplesPerFrame: 1_024,
    demuxer: 'aac',
    arguments: ['-c:a', 'aac', '-b:a', '96k', '-f', 'adts'],
  },
  'aac-22k': {
    label: 'AAC-LC 48, 22 kHz',
    contentType: 'audio/aac',
    samplesPerFrame: 2_048,
    demuxer: 'aac',
    arguments: ['-ar', '22050', '-c:a', 'aac', '-b:a', '48k', '-f', 'adts'],
  },
};

export function frameMs(format: Format): number {
  return (formats[format].samplesPerFrame * 1000) / PCM_RATE_HZ;
}
