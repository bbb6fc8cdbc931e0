import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KernelManager, ServerConnection, type Kernel, type KernelMessage } from "@jupyterlab/services";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jupyterHome, notebookServer, type JupyterHome, type JupyterServer } from "./jupyter.js";

// JupyterLab's own client, with a real Jupyter server between it and the kernel.

const token = "lab-client";
let home: JupyterHome;
let folder: string;
let server: JupyterServer;
let manager: KernelManager;
let kernel: Kernel.IKernelConnection;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lamella-lab-client-"));
  home = await jupyterHome();
  server = await notebookServer(home, folder, { token });
  const serverSettings = ServerConnection.makeSettings({ baseUrl: server.url, wsUrl: server.url.replace("http", "ws"), token });
  manager = new KernelManager({ serverSettings });
  await manager.ready;
  kernel = await manager.startNew({ name: "lamella" });
});

afterAll(async () => {
  await kernel?.shutdown();
  manager?.dispose();
  await server?.stop();
  home?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

interface Ran {
  readonly reply: KernelMessage.IExecuteReplyMsg["content"];
  readonly outputs: readonly KernelMessage.IIOPubMessage[];
}

async function run(code: string, whenAsked?: (question: string) => string): Promise<Ran> {
  const outputs: KernelMessage.IIOPubMessage[] = [];
  const future = kernel.requestExecute({ code, allow_stdin: whenAsked !== undefined });
  future.onIOPub = (message) => {
    if (!["status", "execute_input"].includes(message.header.msg_type)) outputs.push(message);
  };
  future.onStdin = (message) => {
    if (message.header.msg_type !== "input_request") return;
    const { content, header } = message as KernelMessage.IInputRequestMsg;
    future.sendInputReply({ status: "ok", value: whenAsked?.(content.prompt) ?? "" }, header);
  };
  // Settles once both the reply and the kernel's idle status have come.
  const { content } = await future.done;
  return { reply: content, outputs };
}

async function value(code: string): Promise<unknown> {
  const { reply, outputs } = await run(code);
  expect(reply, code).toMatchObject({ status: "ok" });
  const result = outputs.find(({ header }) => header.msg_type === "execute_result") as KernelMessage.IExecuteResultMsg | undefined;
  return result?.content.data["text/plain"];
}

describe("JupyterLab's client", () => {
  it("knows the kernel by what it says of itself", async () => {
    expect(await kernel.info).toMatchObject({ implementation: "lamella", language_info: { name: "typescript", file_extension: ".ts" } });
    expect((await kernel.spec)?.display_name).toBe("Lamella");
  });

  it("runs cells of both languages, sees streams, displays, results and errors", async () => {
    expect(await value("let answer = 6 * 7; answer")).toBe("42");
    const { outputs } = await run("net Two(x: 2) { dense 8 | tanh | dense 2 | softmax }\nshow Two");
    expect(outputs.map(({ header, content }) => [header.msg_type, Object.keys((content as { data: object }).data)])).toEqual([
      [expect.stringMatching(/display_data|execute_result/), expect.arrayContaining(["text/plain", "text/html"])],
    ]);
    const many = await run("for (let i = 0; i < 5000; i++) console.log(i)");
    const printed = many.outputs.map(({ content }) => (content as { text: string }).text).join("");
    expect(printed).toBe(Array.from({ length: 5_000 }, (_, i) => `${i}\n`).join(""));
    const failing = await run("throw new RangeError('as wished')");
    expect(failing.reply).toMatchObject({ status: "error", ename: "RangeError", evalue: "as wished" });
    expect(failing.outputs.at(-1)?.header.msg_type).toBe("error");
  });

  it("updates a display while the cell runs", async () => {
    const { outputs } = await run("const shown = display('first');\nfor (const text of ['second', 'third']) shown.update(text)");
    const seen = outputs.map(({ header, content }) => {
      const { data, transient } = content as KernelMessage.IDisplayDataMsg["content"];
      return [header.msg_type, data["text/plain"], transient?.display_id];
    });
    const [, , id] = seen[0] ?? [];
    expect(seen).toEqual([
      ["display_data", "'first'", expect.any(String)],
      ["update_display_data", "'second'", id],
      ["update_display_data", "'third'", id],
    ]);
  });

  it("completes and inspects in both languages", async () => {
    const code = "const smile = '😀'; answer.toFix";
    const completed = await kernel.requestComplete({ code, cursor_pos: Array.from(code).length });
    expect(completed.content).toMatchObject({ status: "ok", matches: ["toFixed"], cursor_start: 26, cursor_end: 31 });
    const rows = await kernel.requestComplete({ code: "net A(x: 8x8x1) {\n  con", cursor_pos: 23 });
    expect((rows.content as { matches: string[] }).matches).toContain("conv");
    const inspected = await kernel.requestInspect({ code: "JSON.parse", cursor_pos: 8, detail_level: 0 });
    expect(inspected.content).toMatchObject({ status: "ok", found: true });
    expect((inspected.content as { data: Record<string, string> }).data["text/plain"]).toContain("JSON");
  });

  it("answers history, is_complete and comm_info", async () => {
    const history = await kernel.requestHistory({ hist_access_type: "tail", n: 1, output: false, raw: true });
    expect(history.content).toMatchObject({ status: "ok", history: [[expect.any(Number), expect.any(Number), expect.any(String)]] });
    expect((await kernel.requestIsComplete({ code: "function f() {" })).content.status).toBe("incomplete");
    expect((await kernel.requestCommInfo({})).content).toEqual({ status: "ok", comms: {} });
  });

  it("asks its person", async () => {
    const { reply, outputs } = await run("`hello ${await input('name? ')}`", (question) => (question === "name? " ? "Ada" : "?"));
    expect(reply.status).toBe("ok");
    expect((outputs[0] as KernelMessage.IExecuteResultMsg).content.data["text/plain"]).toBe("'hello Ada'");
  });

  it("opens a comm, and is opened one, with bytes", async () => {
    await run("registerCommTarget('echo', (comm) => { comm.onMessage = (data, buffers) => comm.send({ back: data }, buffers) })");
    const comm = kernel.createComm("echo");
    const back = new Promise<KernelMessage.ICommMsgMsg>((resolve) => (comm.onMsg = resolve));
    await comm.open({}).done;
    await comm.send({ n: 1 }, undefined, [new Uint8Array([1, 2, 250])]).done;
    const { content, buffers } = await back;
    expect(content.data).toEqual({ back: { n: 1 } });
    const bytes = buffers?.[0] as DataView;
    expect([...new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)]).toEqual([1, 2, 250]);
    expect((await kernel.requestCommInfo({ target_name: "echo" })).content).toMatchObject({
      comms: { [comm.commId]: { target_name: "echo" } },
    });
    await comm.close().done;

    const opened = new Promise<unknown>((resolve) => {
      kernel.registerCommTarget("widget", (_, message) => resolve(message.content.data));
    });
    await run("new Comm('widget', { from: 'the kernel' })");
    expect(await opened).toEqual({ from: "the kernel" });
  });

  it("interrupts a loop; what was there stays", async () => {
    const future = kernel.requestExecute({ code: "console.log('started'); while (true) {}" });
    await new Promise<void>((resolve) => {
      future.onIOPub = ({ header }) => {
        if (header.msg_type === "stream") resolve();
      };
    });
    await kernel.interrupt();
    expect((await future.done).content).toMatchObject({ status: "error", ename: "KeyboardInterrupt" });
    expect(await value("answer")).toBe("42");
  });

  it("hears of a crash in its cell and runs the next", async () => {
    expect((await run("process.exit(3)")).reply).toMatchObject({ status: "error", ename: "SessionCrashed" });
    expect(await value("1 + 1")).toBe("2");
  });

  it("restarts: the same connection, a fresh scope", async () => {
    await run("let old = 1");
    const before = await value("process.pid");
    await kernel.restart();
    expect(await value("typeof (globalThis as any).old")).toBe("'undefined'");
    expect(await value("process.pid")).not.toBe(before);
    expect(kernel.connectionStatus).toBe("connected");
  });
});
