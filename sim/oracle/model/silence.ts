/** Digital silence in the frames of a stream. */
export class ModelSilence {
  /** Since when all of its frames have been that; undefined when the newest one is not. */
  since: number | undefined;
  us = 0;
  /** The one before. */
  was: { readonly since: number; readonly until: number } = { since: 0, until: -1 };

  /** One more frame. */
  heard(now: number, frameUs: number, isSilent: boolean): void {
    if (isSilent) {
      this.since ??= now;
      this.us += frameUs;
      return;
    }
    if (this.since !== undefined) this.was = { since: this.since, until: now };
    this.since = undefined;
    this.us = 0;
  }

  /** Whether there has been any since then. */
  hasBeenSince(since: number): boolean {
    return this.since !== undefined || this.was.until >= since;
  }
}
