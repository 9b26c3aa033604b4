import { createHash } from 'node:crypto';
import { readPlaylist, type Listed } from './listing.ts';

const ANSWER_MS = 5_000;

/** A segment of an edge, as it was when it was first listed. */
export interface Read {
  readonly listed: Listed;
  /** Of its bytes; '' of a gap. */
  readonly digest: string;
  /** Until it has been compared. */
  bytes: Buffer | undefined;
}

/** Reads the segments of one edge as they are listed, and looks whether they stay what they were. */
export class EdgeReader {
  readonly segments: Map<number, Read> = new Map();
  /** Those that were listed otherwise, or had other bytes, later on. */
  readonly changed: Set<string> = new Set();
  readonly #base: () => string;

  /** @param base of the addresses of the mountpoint, with a slash. */
  constructor(base: () => string) {
    this.#base = base;
  }

  /** What is live. An edge that does not answer is asked again later. */
  async look(): Promise<void> {
    try {
      await this.#read('live.m3u8', false);
    } catch {
      // It is down, or has nothing yet.
    }
  }

  /** All that it has kept, once more. */
  async readAll(): Promise<void> {
    await this.#read('dvr.m3u8', true);
  }

  async #read(playlist: string, again: boolean): Promise<void> {
    for (const listed of readPlaylist((await this.#get(playlist)).toString())) {
      const known = this.segments.get(listed.number);
      if (known !== undefined && !isSameListing(known.listed, listed)) this.changed.add(`segment ${listed.number} is listed as ${JSON.stringify(known.listed)}, and later as ${JSON.stringify(listed)}`);
      if (known !== undefined && !again) continue;
      const bytes = listed.isGap ? undefined : await this.#get(listed.uri);
      const digest = bytes === undefined ? '' : createHash('sha256').update(bytes).digest('hex');
      if (known === undefined) this.segments.set(listed.number, { listed, digest, bytes });
      else if (known.digest !== digest) this.changed.add(`segment ${listed.number} has other bytes later`);
    }
  }

  async #get(uri: string): Promise<Buffer> {
    const answer = await fetch(this.#base() + uri, { signal: AbortSignal.timeout(ANSWER_MS) });
    const body = Buffer.from(await answer.arrayBuffer());
    if (!answer.ok) throw new Error(`${uri} is answered ${answer.status}`);
    return body;
  }
}

function isSameListing(one: Listed, other: Listed): boolean {
  return one.startMs === other.startMs && one.durationMs === other.durationMs && one.isGap === other.isGap && one.isDiscontinuity === other.isDiscontinuity;
}
