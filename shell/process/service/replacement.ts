/** What takes the place of something that runs. */
export interface Replacement {
  /** Rejects with a UsageError when it cannot be used. */
  start(): Promise<void>;
  stop(): void;
}

/**
 * Starts what is to replace something, and then has prepared what else changes with it; rejects when either fails, and nothing has changed then.
 *
 * @param use has it count; called by what this gives, before that of the others.
 */
export async function prepareReplacement<Changed>(next: Replacement, use: () => void, others: () => Promise<() => Changed>): Promise<() => Changed> {
  try {
    await next.start();
    const commit = await others();
    return () => {
      use();
      return commit();
    };
  } catch (error) {
    next.stop();
    throw error;
  }
}
