/**
 * The number of single-letter changes (insert, remove, replace, swap two neighbours) from `a` to `b`
 * (Damerau-Levenshtein, optimal string alignment). Upper and lower case count as the same.
 */
function editDistance(a: string, b: string): number {
  const from = Array.from(a.toLowerCase());
  const to = Array.from(b.toLowerCase());
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const current = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (last[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1);
      let best = Math.min(replaced, (last[j] as number) + 1, (current[j - 1] as number) + 1);
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
        best = Math.min(best, (beforeLast[j - 2] as number) + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] as number;
}

/**
 * The candidate that was probably meant, or null when none is near: at most one change in three letters, two in more,
 * a third of the letters in long names. The first of equally near ones wins.
 */
export function nearest(name: string, candidates: Iterable<string>): string | null {
  const allowed = Math.max(name.length <= 3 ? 1 : 2, Math.floor(name.length / 3));
  let best: string | null = null;
  let bestDistance = allowed + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name, candidate);
    if (distance < bestDistance && distance < Math.max(name.length, candidate.length)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
