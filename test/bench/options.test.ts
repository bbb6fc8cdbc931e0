import { spawnSync } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";

const table = path.join(import.meta.dirname, "run.mjs");

/** What the table answers; a wrong option is told before anything is started. */
function answer(...options: string[]): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [table, ...options], { encoding: "utf8" });
  return { status, text: `${stdout}${stderr}` };
}

describe("wrong options of the benchmark table are told plainly", () => {
  const workloads = "mlp-2-16-2, mlp-784-128-10, lenet, cnn, resnet18, alexnet, vgg16-forward, lstm, transformer, unet";
  it.each([
    [["--only", "lenett"], `there is no workload "lenett"; there are ${workloads}\n`],
    [["--only", "lenet,"], `there is no workload ""; there are ${workloads}\n`],
    [["--rounds", "2.5"], '--rounds takes a whole number of at least 1, but "2.5" arrived\n'],
    [["--seconds", "soon"], '--seconds takes a number of at least 0, but "soon" arrived\n'],
    [["--threads", "1,0"], '--threads takes thread counts from 1 to 64, such as 1,2, but "1,0" arrived\n'],
    [["--products", "own,mkl"], '--products takes blas, own or webassembly, or several with commas, but "own,mkl" arrived\n'],
    [["--json", "no/such/rows.json"], "--json no/such/rows.json: there is no folder no/such\n"],
  ])("%j", (options, message) => {
    expect(answer(...options)).toEqual({ status: 1, text: message });
  });

  it("an unknown option is answered with those there are", () => {
    const { status, text } = answer("--thread", "1");
    expect(status).toBe(1);
    expect(text).toMatch(/^there is no option "--thread"\n\nnpm run bench \[-- OPTIONS\]\n/);
    expect(text).toContain("--peer-limit 15");
  });

  it("a value that was forgotten is named", () => {
    expect(answer("--json").text).toMatch(/^Option '--json <value>' argument missing/);
  });
});
