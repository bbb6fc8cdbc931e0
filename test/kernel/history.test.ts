import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { History } from "../../kernel/server/history.js";

const folder = mkdtempSync(join(tmpdir(), "lamella-history-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the history", () => {
  it.each([
    ["in a file", join(folder, "history.jsonl")],
    ["in memory", "off"],
  ])("%s: the last cells, those of this session, those that match", (_, path) => {
    const history = new History(path);
    history.add(1, "let a = 1", null);
    history.add(2, "a + 1", "2");
    expect(history.tail(1, true)).toEqual([[1, 2, ["a + 1", "2"]]]);
    expect(history.range(0, 1, 2, false)).toEqual([[1, 1, "let a = 1"]]);
    expect(history.search("let*", null, false, false)).toEqual([[1, 1, "let a = 1"]]);
  });

  it("in memory keeps the newest 10,000 cells", () => {
    const history = new History("off");
    for (let line = 1; line <= 10_005; line += 1) history.add(line, `${line}`, null);
    const kept = history.tail(20_000, false);
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([10_000, [1, 6, "6"], [1, 10_005, "10005"]]);
  });
});
