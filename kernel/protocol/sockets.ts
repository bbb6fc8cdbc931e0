import type { Socket } from "zeromq";
import { Reply, Router, XPublisher } from "zeromq";
import type { Connection } from "./connection.js";
import { address } from "./connection.js";
import type { Message } from "./message.js";
import { MessageCodec, newHeader } from "./message.js";

export type Channel = "shell" | "control" | "stdin";

/** The five sockets of a kernel. */
export class KernelSockets {
  readonly #codec: MessageCodec;
  readonly #routers: Readonly<Record<Channel, Router>>;
  readonly #iopub: XPublisher;
  readonly #heartbeat = new Reply({ linger: 0 });
  readonly #queues = new Map<Socket, Promise<void>>();
  readonly #session: string;
  #closed = false;

  constructor(connection: Connection, session: string) {
    this.#codec = new MessageCodec(connection.key, connection.signature_scheme);
    this.#session = session;
    // Without a limit ZeroMQ neither drops output nor refuses to send; what waits is limited by the front end reading it.
    const options = { sendHighWaterMark: 0, receiveHighWaterMark: 0, linger: 1_000 };
    // `handover`: a front end that comes back under its old identity gets its answers.
    this.#routers = {
      shell: new Router({ ...options, handover: true }),
      control: new Router({ ...options, handover: true }),
      stdin: new Router({ ...options, handover: true }),
    };
    // A second front end's subscription is the same as the first's: it wants its welcome too.
    this.#iopub = new XPublisher({ ...options, verbosity: "allSubs" });
  }

  /** Binds the sockets and hands every good message on; a bad one is logged and dropped. */
  async open(connection: Connection, receive: (channel: Channel, message: Message) => void): Promise<void> {
    const { shell, control, stdin } = this.#routers;
    await Promise.all([
      shell.bind(address(connection, connection.shell_port)),
      control.bind(address(connection, connection.control_port)),
      stdin.bind(address(connection, connection.stdin_port)),
      this.#iopub.bind(address(connection, connection.iopub_port)),
      this.#heartbeat.bind(address(connection, connection.hb_port)),
    ]);
    for (const channel of ["shell", "control", "stdin"] as const) void this.#listen(channel, receive);
    void this.#welcome();
    void this.#beat();
  }

  send(channel: Channel, message: Message): void {
    this.#enqueue(this.#routers[channel], message);
  }

  /** To every front end. */
  publish(message: Message): void {
    this.#enqueue(this.#iopub, message);
  }

  /** Waits until everything is sent; ZeroMQ would abort the process on sockets that are open at its end. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#queues.values());
    for (const socket of [...Object.values(this.#routers), this.#iopub, this.#heartbeat]) socket.close();
  }

  async #listen(channel: Channel, receive: (channel: Channel, message: Message) => void): Promise<void> {
    for await (const frames of this.#routers[channel]) {
      let message: Message;
      try {
        message = this.#codec.decode(frames);
      } catch (error) {
        console.error(`lamella kernel: a message on ${channel} was dropped: ${error instanceof Error ? error.message : String(error)}`);
        continue;
      }
      receive(channel, message);
    }
  }

  /** JEP 65: a front end that has subscribed is told so, and knows that it will miss nothing from then on. */
  async #welcome(): Promise<void> {
    for await (const [frame] of this.#iopub) {
      if (frame === undefined || frame[0] !== 1) continue;
      const topic = frame.subarray(1);
      this.publish({
        identities: [topic],
        header: newHeader("iopub_welcome", this.#session),
        parent: {},
        metadata: {},
        content: { subscription: topic.toString("utf8") },
        buffers: [],
      });
    }
  }

  async #beat(): Promise<void> {
    for await (const frames of this.#heartbeat) await this.#heartbeat.send(frames);
  }

  /** ZeroMQ allows one send at a time on a socket. */
  #enqueue(socket: Router | XPublisher, message: Message): void {
    if (this.#closed) return;
    const frames = this.#codec.encode(message);
    const previous = this.#queues.get(socket) ?? Promise.resolve();
    const next = previous.then(() => socket.send(frames)).catch(() => {});
    this.#queues.set(socket, next);
  }
}
