import type { Encoder } from '../../../../core/encoder/encoder.ts';
import type { Collector } from '../collector.ts';
import type { MountsCounts } from './mount-counts.ts';
import { labels, NO_LABELS } from '../scrape.ts';

export type EncoderToMeasure = Pick<Encoder, 'targets' | 'sources' | 'heldBytes'>;

/** What an encoder has to tell, with what is counted of sources that have ended. */
export function encoderCollector(figures: () => EncoderToMeasure, counts: MountsCounts): Collector {
  return function* collect(scrape) {
    const { targets, sources, heldBytes } = figures();
    scrape.add('davecast_encoder_memory_bytes', NO_LABELS, heldBytes);
    for (const { label, transport, isUp, bytes, lostMessages, stuck } of targets) {
      const of = labels({ target: label, transport });
      scrape.add('davecast_target_connected', of, isUp ? 1 : 0);
      scrape.add('davecast_target_sent_bytes', of, bytes);
      scrape.add('davecast_target_lost_messages', of, lostMessages);
      scrape.add('davecast_target_stuck', of, stuck);
    }
    yield;
    for (const { mount, frames } of sources) {
      scrape.add('davecast_source_frames', labels({ mount: counts.label(scrape, mount) }), frames);
      yield;
    }
  };
}
