import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { checkSource, formatSource, renderDiagnostics, reportOf } from "../../dsl/index.js";
import type { CellReport, CheckedCell } from "../../dsl/index.js";
import { LamellaError } from "../../std/errors.js";
import { layerLanguage } from "../layer-registry.js";

/** Exit code 1 when a file has mistakes. With `--json`, one object: by file, its nets and its mistakes. */
export async function checkCommand(args: readonly string[]): Promise<number> {
  const files = filesOf(
    args.filter((arg) => arg !== "--json"),
    "check",
  );
  let wrong = 0;
  if (args.includes("--json")) {
    const reports: Record<string, CellReport> = {};
    for (const file of files) reports[file] = reportOf(await check(file));
    console.log(JSON.stringify(reports, null, 2));
    return Object.values(reports).every(({ ok }) => ok) ? 0 : 1;
  }
  for (const file of files) {
    const { source, ok, diagnostics } = await check(file);
    if (diagnostics.length > 0) console.error(renderDiagnostics(source, diagnostics, { file, codes: true }));
    if (ok) console.log(`${file}: no mistakes`);
    else wrong += 1;
  }
  return wrong === 0 ? 0 : 1;
}

export async function emitCommand(args: readonly string[]): Promise<number> {
  for (const file of filesOf(args, "emit")) {
    const { source, ok, diagnostics, typescript } = await check(file);
    if (!ok) {
      console.error(renderDiagnostics(source, diagnostics, { file, codes: true }));
      return 1;
    }
    process.stdout.write(typescript);
  }
  return 0;
}

/** Prints the file with its columns lined up; `--write` puts that into the file. */
export async function formatCommand(args: readonly string[]): Promise<number> {
  const write = args.includes("--write");
  for (const file of filesOf(
    args.filter((arg) => arg !== "--write"),
    "fmt",
  )) {
    const formatted = formatSource(read(file));
    if (write) writeFileSync(file, formatted);
    else process.stdout.write(formatted);
  }
  return 0;
}

async function check(file: string): Promise<CheckedCell> {
  const runtime = await import("../../std/index.js");
  return checkSource(read(file), { registry: layerLanguage, runtime, module: true, closed: true });
}

/** @throws LamellaError that names the file and what is wrong with it. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const reasons: Record<string, string> = {
      ENOENT: "there is no such file",
      EISDIR: "this is a folder",
      EACCES: "reading it is not allowed",
    };
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new LamellaError(`${file}: ${reasons[code] ?? message}`, { cause: error });
  }
}

function filesOf(args: readonly string[], command: string): string[] {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
  if (positionals.length === 0) throw new LamellaError(`which file? \`lamella ${command} networks.lamella\``);
  return positionals;
}
