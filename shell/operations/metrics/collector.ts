import type { Scrape } from './scrape.ts';

/** Tells a scrape what there is; a yield is where others may do something in between. What was there at one yield may be gone behind it. */
export type Collector = (scrape: Scrape) => Iterable<void>;
