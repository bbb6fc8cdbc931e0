import { createHash } from "node:crypto";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { LamellaError } from "../errors.js";

/** A file to be had from the network. */
export interface RemoteFile {
  readonly name: string;
  /** Tried in order. */
  readonly urls: readonly string[];
  readonly bytes: number;
  readonly sha256: string;
}

/** Raised when a file cannot be had from the network; says what to do instead. */
export class DownloadError extends LamellaError {
  override readonly name = "DownloadError";
}

/**
 * Downloads a file once, checks it, and puts it in its place whole: written beside it first and renamed.
 * `LAMELLA_OFFLINE=1` refuses at once.
 * @throws DownloadError when no address answers or what came has another checksum.
 */
export async function download(file: RemoteFile, destination: string, fetchFile: typeof fetch = fetch): Promise<void> {
  if (process.env["LAMELLA_OFFLINE"] === "1") throw new DownloadError(`${file.name}: not downloaded, because LAMELLA_OFFLINE is set`);
  const failures: string[] = [];
  for (const url of file.urls) {
    try {
      const content = await read(file, url, fetchFile);
      mkdirSync(dirname(destination), { recursive: true });
      // The process id keeps two kernels that start at once apart.
      const partial = `${destination}.${process.pid}.part`;
      try {
        writeFileSync(partial, content);
        renameSync(partial, destination);
      } finally {
        rmSync(partial, { force: true });
      }
      return;
    } catch (cause) {
      failures.push(`${new URL(url).host}: ${reasonOf(cause)}`);
    }
  }
  throw new DownloadError(`${file.name} could not be downloaded (${failures.join("; ")})`);
}

async function read(file: RemoteFile, url: string, fetchFile: typeof fetch): Promise<Uint8Array> {
  // Ten seconds to answer, so that a machine whose network swallows packets is not kept waiting; then as long as it takes.
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(new Error("no answer in 10 s")), 10_000);
  let response: Response;
  try {
    response = await fetchFile(url, { signal: patience.signal });
  } finally {
    clearTimeout(timer);
  }
  if (!response.ok) throw new Error(`status ${response.status}`);
  const content = new Uint8Array(await response.arrayBuffer());
  const sha256 = createHash("sha256").update(content).digest("hex");
  if (sha256 !== file.sha256) {
    throw new Error(
      `the checksum does not match: ${content.length} bytes with sha256 ${sha256} arrived, ${file.bytes} bytes with ${file.sha256} were expected`,
    );
  }
  return content;
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // fetch hides the reason ("getaddrinfo ENOTFOUND") in the cause.
  const inner = cause.cause instanceof Error ? cause.cause.message : "";
  return inner === "" ? cause.message : inner;
}
