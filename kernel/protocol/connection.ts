import { readFileSync } from "node:fs";

/** What Jupyter's connection file says. */
export interface Connection {
  readonly transport: string;
  readonly ip: string;
  readonly shell_port: number;
  readonly iopub_port: number;
  readonly stdin_port: number;
  readonly control_port: number;
  readonly hb_port: number;
  readonly key: string;
  readonly signature_scheme: string;
}

export function readConnection(path: string): Connection {
  const data = JSON.parse(readFileSync(path, "utf8")) as Partial<Connection>;
  for (const port of ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"] as const) {
    if (typeof data[port] !== "number") throw new Error(`${path} is no connection file of Jupyter: it has no ${port}`);
  }
  return { transport: "tcp", ip: "127.0.0.1", key: "", signature_scheme: "hmac-sha256", ...data } as Connection;
}

/** "tcp://127.0.0.1:53124", or a path with the port's number for the transport "ipc". */
export function address({ transport, ip }: Connection, port: number): string {
  return transport === "ipc" ? `ipc://${ip}-${port}` : `${transport}://${ip}:${port}`;
}
