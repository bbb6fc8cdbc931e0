import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Subscriber } from "zeromq";
import { isStatus, KernelClient, sleep } from "./client.js";

let kernel: KernelClient;
beforeAll(async () => {
  kernel = await KernelClient.start();
  // Starts the session and the compiler, once for all tests of this file.
  await kernel.execute("1");
}, 60_000);
afterAll(async () => {
  await kernel.stop();
});

describe("requests", () => {
  it("kernel_info", async () => {
    const info = await kernel.request("kernel_info_request");
    expect(info).toMatchObject({
      status: "ok",
      protocol_version: "5.4",
      implementation: "lamella",
      language_info: { name: "typescript", file_extension: ".ts", mimetype: "text/typescript" },
    });
  });

  it.each(["", "kernel.", "any topic"])("a subscriber to %j is welcomed to it, as JEP 65 has it", async (topic) => {
    const subscriber = new Subscriber({ linger: 0 });
    try {
      subscriber.connect(`tcp://127.0.0.1:${kernel.connection["iopub_port"]}`);
      subscriber.subscribe(topic);
      const [identity, delimiter, , header, parent, , content] = await subscriber.receive();
      expect([identity, delimiter].map(String)).toEqual([topic, "<IDS|MSG>"]);
      expect(JSON.parse(String(header))).toMatchObject({ msg_type: "iopub_welcome", version: "5.4" });
      expect([parent, content].map((frame): unknown => JSON.parse(String(frame)))).toEqual([{}, { subscription: topic }]);
    } finally {
      subscriber.close();
    }
  });

  it("heartbeat", async () => {
    expect(await kernel.heartbeat("beat")).toBe("beat");
  });

  it("execute_result, counted, between busy and idle", async () => {
    const from = kernel.published.length;
    const { id, done } = await kernel.begin("6 * 7");
    const { reply, outputs } = await done;
    expect(reply).toMatchObject({ status: "ok", payload: [], user_expressions: {} });
    expect(outputs).toEqual([
      { type: "execute_result", content: { data: { "text/plain": "42" }, metadata: {}, execution_count: reply["execution_count"] } },
    ]);
    const own = kernel.published.slice(from).filter(({ parent }) => parent.msg_id === id);
    expect(own.map(({ header }) => header.msg_type)).toEqual(["status", "execute_input", "execute_result", "status"]);
    expect(own[0]?.content).toEqual({ execution_state: "busy" });
    expect(own.at(-1)?.content).toEqual({ execution_state: "idle" });
  });

  it("silent cells show nothing and are not counted", async () => {
    const { reply: before } = await kernel.execute("1");
    const { reply, outputs } = await kernel.execute("7", { silent: true, store_history: false });
    expect(outputs).toEqual([]);
    expect(reply["execution_count"]).toBe(before["execution_count"]);
  });

  it("user_expressions", async () => {
    const { reply } = await kernel.execute("const side = 5", {
      user_expressions: { area: "side * side", wrong: "qqqq", thrown: "[].at(0)!.x" },
    });
    expect(reply["user_expressions"]).toMatchObject({
      area: { status: "ok", data: { "text/plain": "25" } },
      wrong: { status: "error", ename: "TypeScriptError", evalue: "Cannot find name 'qqqq'." },
      thrown: { status: "error" },
    });
  });

  it("an error comes as output and as reply, with the lines of the cell", async () => {
    const { reply, outputs } = await kernel.execute(
      "function check(n: number): void {\n  if (n > 1) throw new RangeError(`${n} is too much`);\n}\ncheck(2);",
    );
    const count = String(reply["execution_count"]);
    const traceback = [
      "RangeError: 2 is too much",
      `  at check (Cell ${count}, line 2, column 20)`,
      "      if (n > 1) throw new RangeError(`${n} is too much`);",
      "                       ^",
      `  at Cell ${count}, line 4, column 1`,
      "    check(2);",
      "    ^",
    ];
    expect(reply).toMatchObject({ status: "error", ename: "RangeError", evalue: "2 is too much", traceback });
    expect(outputs).toEqual([{ type: "error", content: { ename: "RangeError", evalue: "2 is too much", traceback } }]);
  });

  it("type errors show the code and do not run it", async () => {
    const { reply, stdout } = await kernel.execute("console.log('ran');\nconst n: number = 'a';");
    expect(stdout).toBe("");
    expect(reply["ename"]).toBe("TypeScriptError");
    expect(reply["traceback"]).toEqual([
      `Cell ${String(reply["execution_count"])}, line 2, column 7: Type 'string' is not assignable to type 'number'. (TS2322)`,
      "    const n: number = 'a';",
      "          ^",
    ]);
  });

  it.each([
    ["let x = 1", "complete"],
    ["await fetch('x')", "complete"],
    ["function f() {", "incomplete"],
    ["net N(x: 2) {\n  dense 1", "incomplete"],
    ["net N(x: 2) { dense 1 }", "complete"],
    ["%%html\n<b>", "incomplete"],
    ["let 1", "invalid"],
  ])("is_complete: %j is %s", async (code, status) => {
    expect((await kernel.request("is_complete_request", { code }))["status"]).toBe(status);
  });

  it("completion counts an emoji as one character and knows types", async () => {
    const code = "const s = '😀';\r\ns.toUpperC";
    const reply = await kernel.request("complete_request", { code, cursor_pos: Array.from(code).length });
    expect(reply).toMatchObject({ status: "ok", matches: ["toUpperCase"], cursor_start: 18, cursor_end: 26 });
    expect(reply["metadata"]).toMatchObject({ _jupyter_types_experimental: [{ text: "toUpperCase", type: "method" }] });
  });

  it("inspection gives types and docs", async () => {
    const reply = await kernel.request("inspect_request", { code: "JSON.parse", cursor_pos: 10, detail_level: 0 });
    expect(reply["found"]).toBe(true);
    expect((reply["data"] as Record<string, string>)["text/plain"]).toContain(
      "Converts a JavaScript Object Notation (JSON) string into an object.",
    );
    expect(await kernel.request("inspect_request", { code: "   ", cursor_pos: 1 })).toMatchObject({ status: "ok", found: false });
  });

  it("history: tail, range and search", async () => {
    const { reply } = await kernel.execute("'needle' + 1");
    await kernel.execute("'needle' + 1");
    const tail = (await kernel.request("history_request", { hist_access_type: "tail", n: 2, output: true, raw: true }))["history"];
    const line = Number(reply["execution_count"]);
    expect(tail).toEqual([
      [1, line, ["'needle' + 1", "'needle1'"]],
      [1, line + 1, ["'needle' + 1", "'needle1'"]],
    ]);
    const range = await kernel.request("history_request", {
      hist_access_type: "range",
      session: 0,
      start: line,
      stop: line + 1,
      output: false,
      raw: true,
    });
    expect(range["history"]).toEqual([[1, line, "'needle' + 1"]]);
    const search = { hist_access_type: "search", pattern: "*need?e*", output: false, raw: true };
    expect((await kernel.request("history_request", search))["history"]).toHaveLength(2);
    expect((await kernel.request("history_request", { ...search, unique: true }))["history"]).toHaveLength(1);
    expect((await kernel.request("history_request", { ...search, n: 1 }))["history"]).toEqual([[1, line + 1, "'needle' + 1"]]);
  });

  it("debug requests are refused politely, connect and comm_info answered", async () => {
    expect(await kernel.request("debug_request", { seq: 4, command: "initialize" }, "control")).toMatchObject({
      type: "response",
      success: false,
      request_seq: 4,
    });
    expect(await kernel.request("connect_request")).toMatchObject({ shell_port: kernel.connection["shell_port"] });
    expect(await kernel.request("comm_info_request", {})).toEqual({ status: "ok", comms: {} });
  });
});

describe("what must not disturb a kernel", () => {
  it("a wrong signature, broken frames and unknown types are dropped and logged", async () => {
    const header = JSON.stringify({
      msg_id: randomUUID(),
      session: "x",
      username: "x",
      date: "",
      msg_type: "execute_request",
      version: "5.3",
    });
    const parts = [header, "{}", "{}", JSON.stringify({ code: "globalThis.intruder = 1" })].map((part) => Buffer.from(part));
    await kernel.sendFrames([Buffer.from("<IDS|MSG>"), Buffer.from("0".repeat(64)), ...parts]);
    await kernel.sendFrames([Buffer.from("<IDS|MSG>"), Buffer.from("short"), ...parts]);
    await kernel.sendFrames([Buffer.from("no delimiter at all")]);
    await kernel.sendFrames([Buffer.from("<IDS|MSG>"), Buffer.from("x"), Buffer.from("{")]);
    await kernel.send("no_such_request", { a: 1 });
    const { outputs } = await kernel.execute("(globalThis as any).intruder");
    expect(outputs).toEqual([]);
    expect(kernel.log).toContain("a message on shell was dropped: the signature is wrong");
    expect(kernel.log).toContain("there is no <IDS|MSG> delimiter");
    expect(kernel.log).toContain("a message of the unknown type no_such_request was ignored");
  });

  it.each(["shell", "control", "stdin"] as const)("broken messages on %s, each logged with what is wrong with it", async (channel) => {
    const good = ["{}", "{}", "{}"];
    const header = JSON.stringify({ msg_id: "m", session: "s", username: "u", date: "", msg_type: "kernel_info_request", version: "5.4" });
    const wrong: [string, string[]][] = [
      ["there are 3 frames behind the delimiter, at least 5 are needed", [header, "{}"]],
      ["JSON", ["{", ...good]],
      ["JSON", [header, "{}", "{}", "\u0000\u00ff not json"]],
      ["a part of the message is not a JSON object", ["[]", ...good]],
      ["a part of the message is not a JSON object", [header, "{}", "{}", "7"]],
      ["a part of the message is not a JSON object", ["null", ...good]],
      ["the header has no msg_type or msg_id", ["{}", ...good]],
      ["the header has no msg_type or msg_id", [JSON.stringify({ msg_id: 1, msg_type: ["execute_request"] }), ...good]],
    ];
    for (const [reason, parts] of wrong) {
      const from = kernel.log.length;
      await kernel.sendFrames(kernel.signed(parts), channel);
      await kernel.logged(`a message on ${channel} was dropped: `, from);
      expect(kernel.log.slice(from)).toContain(reason);
    }
    await kernel.sendFrames([], channel).catch(() => {});
    await kernel.sendFrames([Buffer.alloc(0)], channel);
    await kernel.sendFrames([Buffer.from("<IDS|MSG>"), Buffer.alloc(1_000_000)], channel);
    expect((await kernel.request("kernel_info_request"))["status"]).toBe("ok");
  });

  it("fields of other types than the protocol says, and fields that are missing", async () => {
    const odd = { code: 7, cursor_pos: "x", user_expressions: [1], silent: "no", n: "many", pattern: null, comm_id: 5, target_name: {} };
    for (const content of [{}, odd]) {
      for (const type of ["execute", "complete", "inspect", "is_complete", "history", "comm_info", "connect", "kernel_info"]) {
        const { status } = await kernel.request(`${type}_request`, content);
        expect([type, status]).toEqual([type, type === "is_complete" ? expect.any(String) : "ok"]);
      }
      for (const type of ["comm_open", "comm_msg", "comm_close"]) await kernel.send(type, content);
    }
    const wrongly = { hist_access_type: "range", session: "no", start: [], stop: {} };
    expect((await kernel.request("history_request", wrongly))["history"]).toEqual([]);
    expect((await kernel.request("complete_request", { code: "Math.co", cursor_pos: 1e9 }))["status"]).toBe("ok");
    expect((await kernel.request("complete_request", { code: "Math.co", cursor_pos: -5 }))["status"]).toBe("ok");
    await kernel.send("input_reply", { value: "nobody asked" }, "stdin");
    expect((await kernel.execute("1 + 1")).outputs[0]?.content["data"]).toEqual({ "text/plain": "2" });
  });

  it("requests are answered while a cell computes", async () => {
    const { done } = await kernel.begin("let spins = 0; const stopAt = Date.now() + 1500; while (Date.now() < stopAt) spins++; spins > 0");
    await sleep(200);
    const order: string[] = [];
    const cell = done.then(() => order.push("cell"));
    await kernel.request("complete_request", { code: "Math.co", cursor_pos: 7 }).then(() => order.push("completion"));
    await kernel.request("kernel_info_request").then(() => order.push("info"));
    expect(await kernel.heartbeat("still here")).toBe("still here");
    await cell;
    expect(order).toEqual(["completion", "info", "cell"]);
    expect(isStatus(kernel.published.at(-1)!, "idle")).toBe(true);
  });
});

describe("the queue", () => {
  it("100 queued cells run in order, each with its own count", async () => {
    await kernel.execute("const order: number[] = []");
    const cells = await Promise.all(Array.from({ length: 100 }, (_, index) => kernel.begin(`order.push(${index})`)));
    const replies = await Promise.all(cells.map(({ done }) => done));
    const counts = replies.map(({ reply }) => Number(reply["execution_count"]));
    expect(counts).toEqual(counts.map((_, index) => (counts[0] ?? 0) + index));
    const { outputs } = await kernel.execute("order.every((value, index) => value === index) && order.length");
    expect(outputs[0]?.content["data"]).toEqual({ "text/plain": "100" });
  }, 60_000);

  it("an error aborts what was queued, unless it says otherwise", async () => {
    const cells = [await kernel.begin("throw new Error('first')"), await kernel.begin("'second'"), await kernel.begin("'third'")];
    expect((await Promise.all(cells.map(({ done }) => done))).map(({ reply }) => reply["status"])).toEqual(["error", "aborted", "aborted"]);
    const going = [await kernel.begin("throw new Error('first')", { stop_on_error: false }), await kernel.begin("'second'")];
    expect((await Promise.all(going.map(({ done }) => done))).map(({ reply }) => reply["status"])).toEqual(["error", "ok"]);
  });
});
