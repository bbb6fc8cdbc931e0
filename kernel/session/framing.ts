/** Messages on a byte stream, one JSON text a line (JSON never holds a raw newline). */
export function encodeFrame(message: unknown): string {
  return JSON.stringify(message) + "\n";
}

/** Collects chunks and calls `receive` with every whole message. */
export function frameDecoder<T>(receive: (message: T) => void): (chunk: Buffer) => void {
  let rest: Buffer[] = [];
  return (chunk) => {
    let from = 0;
    for (let end = chunk.indexOf(10, from); end >= 0; end = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, end)]).toString("utf8");
      rest = [];
      from = end + 1;
      receive(JSON.parse(line) as T);
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  };
}
