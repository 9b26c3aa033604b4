/** Waits until the work is done, but no longer than that. Rejects when the work does first. */
export async function atMost(limitMs: number, work: Promise<unknown>): Promise<void> {
  let late: NodeJS.Timeout | undefined;
  try {
    await Promise.race([work, new Promise((resolve) => (late = setTimeout(resolve, limitMs)))]);
  } finally {
    clearTimeout(late);
  }
}
