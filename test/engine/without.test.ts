import { spawnSync } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import type { EngineInfo } from "../../std/engine/engine.js";

const script = path.join(import.meta.dirname, "without.mjs");

function trained(environment: Record<string, string>, missing = ""): { losses: number[]; info: EngineInfo } {
  const { stdout, stderr } = spawnSync(process.execPath, [script, missing], { encoding: "utf8", env: { ...process.env, ...environment } });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as { losses: number[]; info: EngineInfo };
}

const slow = "everything runs in plain JavaScript, with the same results and 10 to 100 times slower";
const whole = trained({ LAMELLA_THREADS: "2", LAMELLA_NATIVE: "off", LAMELLA_BLAS: "off" });

describe("what a machine lacks changes the time, not the results, and is told", () => {
  it("the engine runs here", () => {
    expect(whole.info).toMatchObject({ threads: 2, blas: null });
    expect(whole.info.simd).not.toBe("none");
    expect(whole.losses.length).toBe(4);
  });

  it.each([
    ["SharedArrayBuffer", {}, { threads: 1, simd: "none" }, `this JavaScript engine has no SharedArrayBuffer: ${slow}`],
    ["SIMD", { LAMELLA_SIMD: "none" }, { threads: 1, simd: "none" }, `SIMD is switched off (LAMELLA_SIMD=none): ${slow}`],
    [
      "relaxed SIMD",
      { LAMELLA_SIMD: "plain", LAMELLA_NATIVE: "off", LAMELLA_BLAS: "off" },
      { simd: "plain" },
      "system BLAS switched off (LAMELLA_BLAS=off)",
    ],
    ["a second core", { LAMELLA_THREADS: "1" }, { threads: 1 }, "one thread: work that two could share takes up to twice as long"],
  ])("no %s", (missing, environment, info, loss) => {
    const result = trained(environment, missing);
    expect(result.info).toMatchObject(info);
    expect(result.info.losses).toContain(loss);
    expect(result.losses.length).toBe(whole.losses.length);
    for (const [step, value] of whole.losses.entries()) expect(result.losses[step]).toBeCloseTo(value, 3);
  });
});
