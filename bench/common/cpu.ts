/** CPU time that this process uses from now on, in microseconds when it is asked: with that of the garbage collector's threads, and without the time for which others have had the processor. */
export function cpuClock(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
}
