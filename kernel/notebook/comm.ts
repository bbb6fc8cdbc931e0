import { LamellaError } from "../../std/errors.js";
import { notebookHost } from "./host.js";

type Receive = (data: unknown, buffers: readonly Uint8Array[]) => void;

const open = new Map<string, Comm>();
const targets = new Map<string, (comm: Comm, data: unknown) => void>();
let made = 0;

/**
 * A channel to a piece of the front end (a widget) that knows the same target name.
 *
 *     const comm = new Comm("my-widget", { value: 1 });
 *     comm.onMessage = (data) => console.log(data);
 */
export class Comm {
  readonly id: string;
  readonly target: string;
  onMessage: Receive | undefined;
  onClose: (() => void) | undefined;

  /** Opens the comm from this side. `id` is given when the front end has opened it. */
  constructor(target: string, data: unknown = {}, id?: string) {
    this.target = target;
    made += 1;
    this.id = id ?? `lamella-comm-${process.pid}-${made}`;
    open.set(this.id, this);
    if (id === undefined) this.#send("open", data, []);
  }

  send(data: unknown, buffers: readonly Uint8Array[] = []): void {
    this.#send("message", data, buffers);
  }

  close(data: unknown = {}): void {
    if (!open.delete(this.id)) return;
    this.#send("close", data, []);
  }

  #send(kind: "open" | "message" | "close", data: unknown, buffers: readonly Uint8Array[]): void {
    const host = notebookHost();
    if (host === undefined) throw new LamellaError("a Comm needs a notebook: this is a plain script");
    host.comm.send(kind, { id: this.id, target: this.target }, data, buffers);
  }
}

/** Calls `accept` for every comm that the front end opens under this target name. */
export function registerCommTarget(target: string, accept: (comm: Comm, data: unknown) => void): void {
  targets.set(target, accept);
}

/** A comm message from the front end. */
export function receiveComm(
  kind: "open" | "message" | "close",
  comm: { readonly id: string; readonly target: string },
  data: unknown,
  buffers: readonly Uint8Array[],
): void {
  if (kind === "open") {
    const accept = targets.get(comm.target);
    const opened = new Comm(comm.target, data, comm.id);
    // The protocol wants a comm that nobody expects to be closed at once.
    if (accept === undefined) opened.close();
    else accept(opened, data);
    return;
  }
  const known = open.get(comm.id);
  if (known === undefined) return;
  if (kind === "message") known.onMessage?.(data, buffers);
  if (kind === "close") {
    open.delete(comm.id);
    known.onClose?.();
  }
}
