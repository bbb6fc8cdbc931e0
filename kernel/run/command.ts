import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { LamellaError } from "../../std/errors.js";
import { plural } from "../../std/view/numbers.js";
import { createSession, type Session, type SessionOptions } from "../session/index.js";
import { renderPage } from "./html/page.js";
import { formatNotebook, parseNotebook } from "./notebook.js";
import { parseParameter, undeclared, withParameters, type Parameter } from "./parameters.js";
import { isRunnable, runNotebook, type RunResult } from "./run-notebook.js";
import { TerminalProgress, titleOf, type Terminal } from "./terminal-progress.js";

export const runUsage = `lamella run NOTEBOOK.ipynb … runs notebooks from top to bottom, with no Python.

  -p, --parameter NAME=VALUE   sets a variable after the cell tagged \`parameters\`; may be repeated
      --timeout SECONDS        the longest a cell may take (default: no limit)
      --allow-errors           goes on after a cell that fails
      --output FOLDER          where the executed notebook and the page go (default: output)
      --no-html                writes the executed notebook only

Exit code: 0 when every cell ran, 1 when one failed, 2 when there was nothing to run, 130 after Ctrl-C.`;

/** Where the command writes, so that a test can read it. */
export interface CommandStreams {
  readonly out: { write(text: string): unknown };
  readonly err: Terminal;
  readonly openSession?: (options: SessionOptions) => Session | Promise<Session>;
}

interface Request {
  readonly parameters: readonly Parameter[];
  readonly timeout: number;
  readonly allowErrors: boolean;
  readonly output: string;
  readonly html: boolean;
}

/** `lamella run …`; gives the exit code. */
export async function runCommand(
  args: readonly string[],
  streams: CommandStreams = { out: process.stdout, err: process.stderr },
): Promise<number> {
  let files: string[];
  let request: Request;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        parameter: { type: "string", short: "p", multiple: true },
        timeout: { type: "string" },
        "allow-errors": { type: "boolean" },
        output: { type: "string" },
        html: { type: "boolean" },
        "no-html": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help === true) {
      streams.out.write(runUsage + "\n");
      return 0;
    }
    if (positionals.length === 0) throw new LamellaError("which notebook? Give the path of an .ipynb file");
    const timeout = Number(values.timeout ?? 0);
    if (!(timeout >= 0)) throw new LamellaError(`--timeout takes seconds, but ${JSON.stringify(values.timeout)} arrived`);
    files = positionals;
    request = {
      parameters: (values.parameter ?? []).map(parseParameter),
      timeout,
      allowErrors: values["allow-errors"] ?? false,
      output: values.output ?? "output",
      html: values["no-html"] !== true,
    };
  } catch (error) {
    streams.err.write(`${(error as Error).message}\n\n${runUsage}\n`);
    return 2;
  }
  let code = 0;
  for (const file of files) {
    code = Math.max(code, await runFile(file, request, streams));
    if (code === 130) break;
  }
  return code;
}

async function runFile(file: string, request: Request, streams: CommandStreams): Promise<number> {
  const { out, err } = streams;
  const name = basename(file, extname(file));
  const target = join(request.output, `${name}.ipynb`);
  let notebook;
  try {
    if (resolve(target) === resolve(file))
      throw new LamellaError(`${file} would be written over by its own run; give another folder with --output`);
    if (!existsSync(file)) throw new LamellaError(`there is no file ${file}`);
    notebook = parseNotebook(readFileSync(file, "utf8"), file);
    for (const missing of undeclared(notebook, request.parameters))
      err.write(`-p ${missing}: the cell tagged \`parameters\` declares no ${missing}; it is set all the same\n`);
    notebook = withParameters(notebook, request.parameters);
    // Before the run: an hour of training must not end in a folder that cannot be written to.
    mkdirSync(request.output, { recursive: true });
    accessSync(request.output, constants.W_OK);
  } catch (error) {
    if (!(error instanceof LamellaError) && !isFileError(error)) throw error;
    err.write(`${error.message}\n`);
    return 2;
  }

  const progress = new TerminalProgress(err, notebook.cells.filter(isRunnable).length);
  const controller = new AbortController();
  const onInterrupt = (): void => {
    // A second Ctrl-C does not wait for the cell.
    if (controller.signal.aborted) process.exit(130);
    err.write("\ninterrupting; what ran so far is written\n");
    controller.abort();
  };
  process.on("SIGINT", onInterrupt);
  let result: RunResult;
  progress.starting();
  foldersFromHere();
  try {
    result = await runNotebook(notebook, {
      directory: dirname(resolve(file)),
      openSession: streams.openSession ?? createSession,
      timeout: request.timeout,
      allowErrors: request.allowErrors,
      signal: controller.signal,
      onCellStart: (cell) => progress.begin(cell.source),
      onCellEnd: (cell, error) => {
        progress.end(error !== null);
        if (error !== null)
          err.write(
            `${titleOf(cell.source)}\n${error.traceback.length > 0 ? error.traceback.join("\n") : `${error.name}: ${error.message}`}\n`,
          );
      },
      onProgress: (text) => progress.progress(text),
    });
  } finally {
    process.off("SIGINT", onInterrupt);
  }

  const written = [target];
  writeWhole(target, formatNotebook(result.notebook));
  if (request.html) {
    const page = join(request.output, `${name}.html`);
    writeWhole(
      page,
      renderPage(result.notebook, { name, picture: (address) => pictureFile(address, dirname(resolve(file))), plotly: plotlyText }),
    );
    written.push(page);
  }
  const { failures, notRun } = result;
  if (failures.length > 0) err.write(`${plural(failures.length, "cell")} failed${notRun > 0 ? `, ${notRun} not run` : ""}\n`);
  err.write(request.html ? "The executed notebook, and a page that any browser opens:\n" : "The executed notebook:\n");
  for (const path of written) out.write(`${relative(process.cwd(), path) || path}\n`);
  return result.aborted ? 130 : failures.length > 0 ? 1 : 0;
}

/** Written beside and renamed, so that a reader never sees half a file. */
function writeWhole(path: string, text: string): void {
  const part = `${path}.part`;
  writeFileSync(part, text);
  renameSync(part, path);
}

function plotlyText(): string {
  return readFileSync(createRequire(import.meta.url).resolve("plotly.js-basic-dist-min"), "utf8");
}

const pictureTypes: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".svg": "image/svg+xml",
  ".webp": "image/webp",
};

/** A picture beside the notebook, as a data URI. */
function pictureFile(address: string, folder: string): string | null {
  if (/^data:image\//i.test(address)) return address.replace(/["<>]/g, encodeURIComponent);
  const type = pictureTypes[extname(address).toLowerCase()];
  if (type === undefined || /^[a-z][a-z0-9+.-]*:|^\/\//i.test(address)) return null;
  try {
    return `data:${type};base64,${readFileSync(resolve(folder, decodeURIComponent(address))).toString("base64")}`;
  } catch {
    return null;
  }
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && "syscall" in error;
}

/** The session runs in the notebook's folder: what the environment names relative to where the command was given is made whole. */
function foldersFromHere(): void {
  for (const name of ["LAMELLA_DATA", "LAMELLA_CACHE"]) {
    const folder = process.env[name];
    if (folder !== undefined && folder !== "") process.env[name] = resolve(folder);
  }
}
