/** Jupyter counts code points (an emoji is one), JavaScript counts UTF-16 units (an emoji is two). */
export function toUtf16(text: string, codePoints: number): number {
  let units = 0;
  let points = 0;
  for (const character of text) {
    if (points >= codePoints) break;
    units += character.length;
    points += 1;
  }
  return units;
}

export function toCodePoints(text: string, units: number): number {
  let points = 0;
  let at = 0;
  for (const character of text) {
    if (at >= units) break;
    at += character.length;
    points += 1;
  }
  return points;
}
