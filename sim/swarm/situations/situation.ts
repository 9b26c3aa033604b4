import type { Story } from './story.ts';

/** Something rare that the swarm must have gone through: what was never reached was never tested. */
export interface Situation {
  readonly name: string;
  /** Why it matters, in a sentence. */
  readonly why: string;
  /** How often it was reached in a run. */
  readonly times: (story: Story) => number;
}
