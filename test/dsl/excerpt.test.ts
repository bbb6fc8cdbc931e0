import { expect, it } from "vitest";
import { excerpt } from "../../dsl/diagnostics/excerpt.js";

const numbers = Array.from({ length: 60 }, (_, index) => 1000 + index).join(" ");

it.each<[name: string, line: string, column: number, length: number]>([
  ["at the start of a long line", numbers, 6, 4],
  ["in its middle", numbers, numbers.indexOf("1030") + 1, 4],
  ["at its end", numbers, numbers.indexOf("1059") + 1, 4],
  ["a short line", "one two 1007", 9, 4],
  ["a tab before it", "\t1000 two", 2, 4],
])("carets stand under what is wrong: %s", (_, line, column, length) => {
  const [code, carets] = excerpt(line, column, length);
  expect(code.length).toBeLessThanOrEqual(96);
  const start = carets.indexOf("^");
  expect(code.slice(start, carets.length)).toBe(line.slice(column - 1, column - 1 + length));
  expect(carets.length).toBeLessThanOrEqual(code.length);
});

it("what is left out is marked on its side", () => {
  const middle = excerpt(numbers, 150);
  expect(middle[0]).toMatch(/^….*…$/);
  expect(excerpt(numbers, 1)[0]).toMatch(/^1000.*…$/);
  expect(excerpt(numbers, numbers.length)[0]).toMatch(/^….*1059$/);
  expect(excerpt("x".repeat(96), 96)).toEqual(["x".repeat(96), " ".repeat(95) + "^"]);
});

it("carets that would go on for longer than the line end with what is shown; behind its end there is one", () => {
  const [code, carets] = excerpt("x".repeat(300), 20, 250);
  expect(carets.length).toBe(code.length);
  expect(excerpt("conv 3", 7)).toEqual(["conv 3", "      ^"]);
});
