/** The one of `words` that was probably meant, or undefined: at most one letter in three may differ, be missing, be too much, or have changed places with the next one. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const one of words) {
    const distance = one.toLowerCase() === word.toLowerCase() ? 0 : distanceOf(word, one);
    if (distance >= least) continue;
    best = one;
    least = distance;
  }
  return best;
}

/** `: did you mean X?`, or nothing. @param others by what it may be called elsewhere: the first that is among `words` is meant. */
export function didYouMean(word: string, words: Iterable<string>, others: readonly string[] = []): string {
  const all = [...words];
  const found = others.find((other) => all.includes(other)) ?? nearest(word, all);
  return found === undefined ? '' : `: did you mean ${found}?`;
}

/** How many letters have to be put in, left out, replaced, or exchanged with the next one (optimal string alignment). */
function distanceOf(from: string, to: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let row = 1; row <= from.length; row++) {
    const line = [row];
    for (let at = 1; at <= to.length; at++) {
      const isSame = from[row - 1] === to[at - 1];
      let distance = Math.min(last[at]! + 1, line[at - 1]! + 1, last[at - 1]! + (isSame ? 0 : 1));
      const isExchanged = row > 1 && at > 1 && from[row - 1] === to[at - 2] && from[row - 2] === to[at - 1];
      if (isExchanged) distance = Math.min(distance, beforeLast[at - 2]! + 1);
      line.push(distance);
    }
    beforeLast = last;
    last = line;
  }
  return last[to.length]!;
}
