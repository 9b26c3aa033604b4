const signals = ['SIGTERM', 'SIGINT'] as const;

/** A second signal ends the process at once, with the status of one that a signal has killed. */
const IMPATIENT_STATUS = 130;

/** Resolves when somebody wants the process to stop; `tell` is told how they said it. */
export function nextSignal(tell: (signal: string) => void): Promise<void> {
  let count = 0;
  return new Promise((resolve) => {
    for (const name of signals) {
      process.on(name, () => {
        count++;
        if (count > 1) process.exit(IMPATIENT_STATUS);
        tell(name);
        resolve();
      });
    }
  });
}
