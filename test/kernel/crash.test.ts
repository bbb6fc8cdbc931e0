import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KernelClient, sleep } from "./client.js";

let kernel: KernelClient;
beforeAll(async () => {
  kernel = await KernelClient.start({ args: ["--allow-shell"], env: { NODE_OPTIONS: "--max-old-space-size=100" } });
}, 60_000);
afterAll(async () => {
  await kernel.stop();
});

describe("a session that dies is an error in its cell, and the next cell runs in a fresh one", () => {
  it.each([
    ["process.exit", "console.log('last words'); process.exit(3)", "the code called process.exit(3)"],
    ["abort", "process.abort()", "the session process was ended by SIGABRT"],
    [
      "a fault in native code",
      "process.kill(process.pid, 'SIGSEGV'); while (true) {}",
      "native code crashed the session process (SIGSEGV)",
    ],
    ["kill -9", "process.kill(process.pid, 'SIGKILL'); while (true) {}", "the session process was killed"],
    [
      "out of memory",
      "const hog: unknown[] = []; while (true) hog.push(new Array(1000).fill({}))",
      "the session ran out of JavaScript memory",
    ],
  ])(
    "%s",
    async (name, code, cause) => {
      await kernel.execute("let before = 1");
      const { reply, stdout, outputs } = await kernel.execute(code);
      expect(reply).toMatchObject({ status: "error", ename: "SessionCrashed" });
      expect(reply["evalue"]).toContain(cause);
      expect(reply["evalue"]).toContain("the next cell runs in a fresh session");
      if (name === "process.exit") expect([stdout, outputs.length]).toEqual(["last words\n", 2]);
      expect((await kernel.execute("before")).reply["evalue"]).toContain("Cannot find name 'before'");
      expect((await kernel.execute("let before = 'new'; before")).outputs[0]?.content["data"]).toEqual({ "text/plain": "'new'" });
    },
    60_000,
  );

  it("its comms are gone with it", async () => {
    const { outputs } = await kernel.execute("const comm = new Comm('slider'); comm.id");
    const id = String((outputs.at(-1)?.content["data"] as Record<string, string> | undefined)?.["text/plain"]).replaceAll("'", "");
    const comms = async (): Promise<unknown> => (await kernel.request("comm_info_request", {}))["comms"];
    expect(await comms()).toEqual({ [id]: { target_name: "slider" } });
    await kernel.execute("process.exit(1)");
    expect(await comms()).toEqual({});
  }, 60_000);

  it("interrupted while the fresh session starts, the cell ends and the next one runs", async () => {
    for (const delay of [0, 100, 200, 300, 400]) {
      await kernel.execute("process.exit(1)");
      const { done } = await kernel.begin("await new Promise(() => {})");
      await sleep(delay);
      await kernel.request("interrupt_request", {}, "control");
      expect((await done).reply, `after ${delay} ms`).toMatchObject({ status: "error", ename: "KeyboardInterrupt" });
      expect((await kernel.execute("1 + 1")).outputs.at(-1)?.content["data"], `after ${delay} ms`).toEqual({ "text/plain": "2" });
    }
  }, 120_000);

  it("killed in the middle of training, it leaves its last checkpoint whole", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "lamella-checkpoint-"));
    const file = path.join(folder, "tiny");
    const net = "net Tiny(image: 28x28x1) { flatten | dense 64 | relu | dense 10 }";
    try {
      expect((await kernel.execute(net)).reply).toMatchObject({ status: "ok" });
      const { outputs } = await kernel.execute("process.pid");
      const { done } = await kernel.begin(
        `train Tiny on digits { epochs 100000; batch 16; checkpoint "${file.replaceAll("\\", "/")}"; seed 1 }`,
      );
      for (let waited = 0; !existsSync(`${file}.safetensors`) && waited < 30_000; waited += 20) await sleep(20);
      await sleep(300);
      process.kill(Number((outputs[0]?.content["data"] as Record<string, string> | undefined)?.["text/plain"]), "SIGKILL");
      expect((await done).reply).toMatchObject({ status: "error", ename: "SessionCrashed" });
      for (const cell of [net, `load Tiny from "${file.replaceAll("\\", "/")}"`])
        expect((await kernel.execute(cell)).reply, cell).toMatchObject({ status: "ok" });
      const hash = (await kernel.execute("Tiny.weightsHash().length")).outputs.at(-1)?.content["data"];
      expect(hash).toEqual({ "text/plain": "64" });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 90_000);

  it("a session killed while idle is replaced", async () => {
    const { outputs } = await kernel.execute("process.pid");
    process.kill(Number((outputs[0]?.content["data"] as Record<string, string> | undefined)?.["text/plain"]), "SIGKILL");
    await sleep(300);
    expect((await kernel.execute("1 + 1")).outputs.at(-1)?.content["data"]).toEqual({ "text/plain": "2" });
  });
});

it("shell commands run where the kernel was installed with --allow-shell", async () => {
  expect((await kernel.execute("!node -p 6*7")).stdout).toBe("42\n");
  expect((await kernel.execute("!node -e 'process.exit(4)'")).reply["evalue"]).toContain("ended with exit code 4");
});

describe("no process is left behind", () => {
  const alive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };

  it("when the kernel is killed, its session ends", async () => {
    const doomed = await KernelClient.start();
    const { outputs } = await doomed.execute("process.pid");
    const session = Number((outputs[0]?.content["data"] as Record<string, string> | undefined)?.["text/plain"]);
    expect(alive(session)).toBe(true);
    doomed.process.kill("SIGKILL");
    for (let waited = 0; alive(session) && waited < 5_000; waited += 50) await sleep(50);
    expect(alive(session)).toBe(false);
    await doomed.stop();
  }, 60_000);

  it("restarted three times, in a loop", async () => {
    for (let round = 0; round < 3; round += 1) {
      const fresh = await KernelClient.start();
      expect(await fresh.stop()).toBe(0);
    }
  }, 60_000);
});
