import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { load, save } from "../../std/io/index.js";
import { net, shape, type Net } from "../../std/network/index.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lamella-weights-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const mlp = (name: string, hidden: number, extra = false): Net =>
  net(name, { x: shape(3) }, ({ x }, { dense, bn, relu }) =>
    extra ? x.to(dense(hidden), bn(), relu(), dense(2), dense(2)) : x.to(dense(hidden), bn(), relu(), dense(2)),
  );

describe("save and load", () => {
  it("brings back every bit, running statistics too, into a folder that is made", () => {
    const from = mlp("From", 4);
    from.initialize(7);
    const path = save(from, join(folder, "new folder", "from"));
    expect(path).toBe(join(folder, "new folder", "from.safetensors"));
    expect(readdirSync(join(folder, "new folder"))).toEqual(["from.safetensors"]);
    const to = mlp("To", 4);
    to.initialize(8);
    expect(to.weightsHash()).not.toBe(from.weightsHash());
    load(to, join(folder, "new folder", "from"));
    expect(to.weightsHash()).toBe(from.weightsHash());
  });

  it("changes nothing when the weights do not fit, and says what does not", () => {
    const path = save(mlp("Saved", 4), join(folder, "saved"));
    const wide = mlp("Wide", 5);
    const before = wide.weightsHash();
    expect(() => load(wide, path)).toThrow("saved.safetensors (it was saved from Saved): dense/weight is 3x4 f32, but Wide needs 3x5 f32");
    expect(wide.weightsHash()).toBe(before);
    expect(() => load(mlp("Deep", 4, true), path)).toThrow(
      "saved.safetensors does not hold the weights of Deep (it was saved from Saved): dense.3/weight, dense.3/bias are missing",
    );
    const deep = save(mlp("Deep", 4, true), join(folder, "deep"));
    expect(() => load(mlp("Flat", 4), deep)).toThrow(
      "deep.safetensors holds more than the weights of Flat (it was saved from Deep): dense.3/weight, dense.3/bias",
    );
  });

  it("says that there is no file, and that one is cut off", () => {
    const small = mlp("Small", 4);
    expect(() => load(small, join(folder, "nowhere"))).toThrow(
      /^there is no file ".*nowhere.safetensors": save Small to it first, or correct the path$/,
    );
    const path = save(small, join(folder, "cut"));
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, whole.length - 3));
    expect(() => load(small, path)).toThrow(/^cut.safetensors is cut off: its tensors take \d+ bytes, \d+ arrived$/);
    expect(existsSync(path)).toBe(true);
  });
});
