import { expect, test } from "vitest";
import { TerminalProgress, titleOf } from "../../kernel/run/terminal-progress.js";

function terminal(isTTY: boolean) {
  const written: string[] = [];
  let clock = 0;
  const progress = new TerminalProgress({ isTTY, columns: 60, write: (text: string) => written.push(text) }, 3, () => clock);
  return { written, progress, wait: (milliseconds: number) => (clock += milliseconds) };
}

test("one line that is rewritten, never wider than the terminal", () => {
  const { written, progress, wait } = terminal(true);
  progress.begin("train LeNet on mnist {\n}");
  wait(50);
  progress.progress("too soon to be drawn");
  wait(100);
  progress.progress("epoch 2/3 step 40/125  loss 0.123  accuracy 0.98, 12 s left");
  progress.end(false);
  expect(written).toEqual([
    "\r\u001b[K[1/3] train LeNet on mnist {  0.0 s",
    "\r\u001b[K[1/3] train LeNet on mnist {  0.1 s  epoch 2/3 step 40/125…",
    "\r\u001b[K",
  ]);
  expect(Math.max(...written.map((text) => text.replace("\r\u001b[K", "").length))).toBeLessThan(60);
});

test("in a log a line for each cell, and one now and then within a long one", () => {
  const { written, progress, wait } = terminal(false);
  progress.begin("let a = 1");
  wait(100);
  progress.end(false);
  progress.begin("train LeNet on mnist {\n}");
  for (let step = 0; step < 120; step++) {
    wait(100);
    progress.progress(`step ${step}`);
  }
  progress.end(true);
  expect(written).toEqual([
    "[1/3] let a = 1  0.1 s\n",
    "[2/3] train LeNet on mnist {  5.0 s  step 49\n",
    "[2/3] train LeNet on mnist {  10 s  step 99\n",
    "[2/3] train LeNet on mnist {  12 s  failed  step 119\n",
  ]);
});

test.each([
  ["\n  // why\nnet A(x: 2) {", "net A(x: 2) {"],
  ["// only a comment", "// only a comment"],
  ["%%layers\nlet a = 1", "let a = 1"],
  ["a\u001b[2Jb", "a [2Jb"],
  ["", ""],
])("the title of %j", (source, expected) => {
  expect(titleOf(source)).toBe(expected);
});
