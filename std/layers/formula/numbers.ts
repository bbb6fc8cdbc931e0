/** What the functions of formulas mean on plain numbers: `sqrt(k)` with k = 16 is 4. */
export const numberFunctions: ReadonlyMap<string, (...values: number[]) => number> = new Map<string, (...values: number[]) => number>([
  ["abs", Math.abs],
  ["ceil", Math.ceil],
  ["cos", Math.cos],
  ["exp", Math.exp],
  ["floor", Math.floor],
  ["log", Math.log],
  ["max", Math.max],
  ["min", Math.min],
  ["round", Math.round],
  ["sin", Math.sin],
  ["sqrt", Math.sqrt],
  ["square", (x = 0) => x * x],
  ["tanh", Math.tanh],
]);
