import { StringDecoder } from "node:string_decoder";

/** Sends everything written to `process.stdout` and `process.stderr` (and so by `console`) to the notebook. */
export function captureStreams(send: (name: "stdout" | "stderr", text: string) => void): void {
  capture(process.stdout, (text) => send("stdout", text));
  capture(process.stderr, (text) => send("stderr", text));
}

function capture(stream: NodeJS.WriteStream, send: (text: string) => void): void {
  const decoder = new StringDecoder("utf8");
  const write = (
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | ((error?: Error) => void),
    callback?: (error?: Error) => void,
  ): boolean => {
    const text =
      typeof chunk === "string"
        ? typeof encoding === "string" && encoding !== "utf8" && encoding !== "utf-8"
          ? decoder.write(Buffer.from(chunk, encoding))
          : chunk
        : decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    if (text !== "") send(text);
    const done = typeof encoding === "function" ? encoding : callback;
    if (done !== undefined) process.nextTick(done);
    return true;
  };
  stream.write = write;
  stream.end = ((chunk?: string | Uint8Array) => {
    if (typeof chunk === "string" || chunk instanceof Uint8Array) write(chunk);
    return stream;
  }) as typeof stream.end;
}
