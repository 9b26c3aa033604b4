import type { EncoderName } from '../../../core/links/peers/encoder-name.ts';

/** Of a stream in an event. */
export const ENCODER: EncoderName = { origin: 'studio-a', source: '192.0.2.7' };
