import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KernelClient } from "./client.js";

// What others on the machine or in the network can reach of a kernel.

let kernel: KernelClient;
let history: string;
beforeAll(async () => {
  kernel = await KernelClient.start({ env: { LAMELLA_HISTORY: join("state", "of", "the user", "history.jsonl") } });
  history = join(kernel.folder, "state", "of", "the user", "history.jsonl");
  await kernel.execute("'secret' + 1");
}, 60_000);
afterAll(async () => {
  await kernel.stop();
});

const ports = (): number[] =>
  Object.entries(kernel.connection)
    .filter(([name]) => name.endsWith("_port"))
    .map(([, port]) => Number(port));

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (reached: boolean): void => {
      socket.destroy();
      resolve(reached);
    };
    socket.setTimeout(2_000, () => end(false));
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });
}

describe("the sockets", () => {
  it("listen on the address of the connection file and on no other of this machine", async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .map(({ address, family, scopeid }) => (family === "IPv6" && scopeid ? `${address}%${scopeid}` : address))
      .filter((address) => address !== "127.0.0.1");
    // Linux answers on the whole of 127.0.0.0/8, whatever its interfaces say.
    if (process.platform === "linux") others.push("127.0.0.2");
    for (const port of ports()) {
      expect(await connects("127.0.0.1", port)).toBe(true);
      for (const address of others) expect(await connects(address, port), `${address}:${port}`).toBe(false);
    }
  });

  it("are the only ones: neither the kernel nor its session listens elsewhere, as the system lists them", () => {
    const listening = listeningPorts();
    expect(listening.toSorted()).toEqual(
      ports()
        .map((port) => `127.0.0.1:${port}`)
        .toSorted(),
    );
  });
});

describe("files", () => {
  it("the history is its user's alone, and so is its folder", () => {
    expect(readFileSync(history, "utf8")).toContain("'secret' + 1");
    // Windows gives files the rights of the folder they are made in: the user's own.
    const rights = (path: string): number => statSync(path).mode & 0o777;
    if (process.platform !== "win32") {
      expect(rights(history)).toBe(0o600);
      for (const folder of ["state", join("state", "of"), join("state", "of", "the user")]) {
        expect(rights(join(kernel.folder, folder)), folder).toBe(0o700);
      }
    }
  });

  it("nothing else is written by cells that write nothing", async () => {
    await kernel.execute("net Two(x: 2) { dense 4 | dense 2 | softmax }\ntrain Two on spirals { loss crossentropy; epochs 1; batch 32 }");
    expect(readdirSync(kernel.folder).toSorted()).toEqual(["connection.json", "state"]);
  });
});

/** "127.0.0.1:5000" for every TCP socket on which the kernel and the processes below it listen. */
function listeningPorts(): string[] {
  const pid = kernel.process.pid ?? 0;
  if (process.platform !== "linux") {
    if (process.platform === "win32") return lines("netstat", ["-ano", "-p", "TCP"], new RegExp(`(\\S+)\\s+\\S+\\s+LISTENING\\s+${pid}$`));
    return lines("lsof", ["-nP", "-iTCP", "-sTCP:LISTEN", "-a", "-p", String(pid)], /TCP (\S+) \(LISTEN\)/);
  }
  const family = [pid];
  for (const one of family) {
    const children = readFileSync(`/proc/${one}/task/${one}/children`, "utf8");
    family.push(...children.trim().split(/\s+/).filter(Boolean).map(Number));
  }
  expect(family.length).toBeGreaterThan(1);
  const sockets = new Set(
    family.flatMap((one) =>
      readdirSync(`/proc/${one}/fd`).flatMap((file) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${one}/fd/${file}`))?.[1] ?? [];
        } catch {
          return [];
        }
      }),
    ),
  );
  // "sl local_address remote_address state … inode": addresses as hexadecimal words of the machine's byte order, 0A is listening.
  return ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === "0A" && sockets.has(inode ?? ""))
      .map(([, local]) => {
        const [address = "", port = ""] = (local ?? "").split(":");
        const bytes = address.match(/../g)?.map((byte) => parseInt(byte, 16)) ?? [];
        return `${bytes.length === 4 ? bytes.toReversed().join(".") : `[${address}]`}:${parseInt(port, 16)}`;
      }),
  );
}

function lines(program: string, args: readonly string[], pattern: RegExp): string[] {
  return execFileSync(program, args, { encoding: "utf8" })
    .split(/\r?\n/)
    .flatMap((line) => pattern.exec(line)?.[1] ?? []);
}
