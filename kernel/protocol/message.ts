import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";

export const protocolVersion = "5.4";

export interface Header {
  readonly msg_id: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly msg_type: string;
  readonly version: string;
}

export interface Message {
  /** Routing frames in front of the message: who is to have the answer, or the topic of a broadcast. */
  readonly identities: readonly Buffer[];
  readonly header: Header;
  readonly parent: Header | Record<string, never>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Buffer[];
}

const delimiter = Buffer.from("<IDS|MSG>");

/** Signs and checks messages with the key of the connection file, and writes and reads their frames. */
export class MessageCodec {
  readonly #key: string;
  readonly #hash: string;

  /** `scheme`: "hmac-sha256". An empty key means that nothing is signed. */
  constructor(key: string, scheme: string) {
    const [kind, hash] = scheme.split("-");
    if (kind !== "hmac" || hash === undefined)
      throw new Error(`the connection file asks for the signature scheme "${scheme}"; only hmac-… is known`);
    this.#key = key;
    this.#hash = hash;
  }

  encode(message: Message): Buffer[] {
    const parts = [message.header, message.parent, message.metadata, message.content].map((part) => Buffer.from(JSON.stringify(part)));
    return [...message.identities, delimiter, Buffer.from(this.#sign(parts)), ...parts, ...message.buffers];
  }

  /** Throws an Error that says what is wrong with the frames. */
  decode(frames: readonly Buffer[]): Message {
    const at = frames.findIndex((frame) => frame.equals(delimiter));
    if (at < 0) throw new Error("there is no <IDS|MSG> delimiter");
    const signature = frames[at + 1];
    const parts = frames.slice(at + 2, at + 6);
    if (signature === undefined || parts.length < 4)
      throw new Error(`there are ${frames.length - at - 1} frames behind the delimiter, at least 5 are needed`);
    const expected = Buffer.from(this.#sign(parts));
    if (this.#key !== "" && (expected.length !== signature.length || !timingSafeEqual(expected, signature)))
      throw new Error("the signature is wrong");
    const [header, parent, metadata, content] = parts.map(parseObject) as [Header, Header, Message["metadata"], Message["content"]];
    if (typeof header.msg_type !== "string" || typeof header.msg_id !== "string") throw new Error("the header has no msg_type or msg_id");
    return { identities: frames.slice(0, at), header, parent, metadata, content, buffers: frames.slice(at + 6) };
  }

  #sign(parts: readonly Buffer[]): string {
    if (this.#key === "") return "";
    const hmac = createHmac(this.#hash, this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }
}

/** A header of ours. `session` is the same for all messages of one kernel process. */
export function newHeader(type: string, session: string): Header {
  return { msg_id: randomUUID(), session, username: "kernel", date: new Date().toISOString(), msg_type: type, version: protocolVersion };
}

function parseObject(frame: Buffer): unknown {
  const value: unknown = JSON.parse(frame.toString("utf8"));
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("a part of the message is not a JSON object");
  return value;
}
