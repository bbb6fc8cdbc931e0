import { LamellaError } from "../../std/errors.js";

/** A notebook as nbformat 4.5 lays it down, in memory: texts are whole strings. */
export interface Notebook {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly cells: readonly NotebookCell[];
}

export interface NotebookCell {
  readonly type: "code" | "markdown" | "raw";
  readonly id: string;
  readonly source: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Markdown cells may carry pictures: file name to MIME bundle. */
  readonly attachments?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Code cells only. */
  readonly outputs: readonly NotebookOutput[];
  readonly executionCount: number | null;
}

export type NotebookOutput =
  | { readonly kind: "stream"; readonly name: "stdout" | "stderr"; readonly text: string }
  | { readonly kind: "display"; readonly data: Readonly<Record<string, unknown>>; readonly metadata: Readonly<Record<string, unknown>> }
  | {
      readonly kind: "result";
      readonly data: Readonly<Record<string, unknown>>;
      readonly metadata: Readonly<Record<string, unknown>>;
      readonly executionCount: number | null;
    }
  | { readonly kind: "error"; readonly name: string; readonly value: string; readonly traceback: readonly string[] };

export function tagsOf(cell: NotebookCell): readonly string[] {
  const tags = cell.metadata["tags"];
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [];
}

/**
 * Reads a notebook file of format 4.
 * @param name what messages call it.
 * @throws LamellaError that names the cell and the field which break the format.
 */
export function parseNotebook(text: string, name: string): Notebook {
  const fail = (what: string): never => {
    throw new LamellaError(`${name} is no notebook that can be run: ${what}`);
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    return fail(text.trim() === "" ? "the file is empty" : `it is not JSON (${(error as Error).message})`);
  }
  if (!isRecord(parsed)) return fail("a notebook is a JSON object");
  const major = parsed["nbformat"];
  if (major !== 4) {
    return fail(
      typeof major === "number"
        ? `it is of format ${major}, and format 4 is read here; \`jupyter nbconvert --to notebook --nbformat 4 ${name}\` converts it`
        : "it has no `nbformat`",
    );
  }
  if (!Array.isArray(parsed["cells"])) return fail("`cells` is not a list");
  const metadata = parsed["metadata"] ?? {};
  if (!isRecord(metadata)) return fail("`metadata` is not an object");

  const taken = new Set(parsed["cells"].flatMap((cell) => (isRecord(cell) && typeof cell["id"] === "string" ? [cell["id"]] : [])));
  const seen = new Set<string>();
  const cells = parsed["cells"].map((cell: unknown, index): NotebookCell => {
    const where = `cell ${index + 1}`;
    if (!isRecord(cell)) return fail(`${where} is not an object`);
    const type = cell["cell_type"];
    if (type !== "code" && type !== "markdown" && type !== "raw")
      return fail(`${where} has the cell_type ${JSON.stringify(type)}, which is none of code, markdown and raw`);
    const source = joined(cell["source"]);
    if (source === null) return fail(`the source of ${where} is neither a text nor a list of texts`);
    const cellMetadata = cell["metadata"] ?? {};
    if (!isRecord(cellMetadata)) return fail(`the metadata of ${where} is not an object`);
    let id = cell["id"];
    if (id === undefined) {
      // Formats before 4.5 have no ids; one from the position is the same at every run.
      let number = index + 1;
      while (taken.has(`cell-${number}`)) number += parsed["cells"] instanceof Array ? parsed["cells"].length : 1;
      id = `cell-${number}`;
    }
    if (typeof id !== "string" || !/^[a-zA-Z0-9_-]{1,64}$/.test(id))
      return fail(`the id of ${where} is ${JSON.stringify(id)}; ids are 1 to 64 letters, digits, - and _`);
    if (seen.has(id)) return fail(`the id of ${where}, ${JSON.stringify(id)}, is that of an earlier cell too`);
    seen.add(id);
    const attachments = cell["attachments"];
    const count = cell["execution_count"];
    return {
      type,
      id,
      source,
      metadata: cellMetadata,
      ...(isRecord(attachments) ? { attachments: attachments as Record<string, Record<string, unknown>> } : {}),
      outputs: type === "code" && Array.isArray(cell["outputs"]) ? cell["outputs"].flatMap(readOutput) : [],
      executionCount: type === "code" && Number.isInteger(count) ? (count as number) : null,
    };
  });
  return { metadata, cells };
}

/** The notebook as a file of format 4.5, laid out as Jupyter writes it (sorted keys, lines of a text apart), so that diffs stay small. */
export function formatNotebook(notebook: Notebook): string {
  const cells = notebook.cells.map((cell) => ({
    cell_type: cell.type,
    id: cell.id,
    metadata: cell.metadata,
    source: lines(cell.source),
    ...(cell.attachments === undefined ? {} : { attachments: cell.attachments }),
    ...(cell.type === "code" ? { execution_count: cell.executionCount, outputs: cell.outputs.map(writeOutput) } : {}),
  }));
  return JSON.stringify(sorted({ cells, metadata: notebook.metadata, nbformat: 4, nbformat_minor: 5 }), null, 1) + "\n";
}

function readOutput(output: unknown): NotebookOutput[] {
  if (!isRecord(output)) return [];
  const data = (): Record<string, unknown> =>
    isRecord(output["data"])
      ? Object.fromEntries(
          Object.entries(output["data"]).map(([mime, value]) => [
            mime,
            isTextMime(mime) ? (joined(value) ?? "") : Array.isArray(value) ? (joined(value) ?? value) : value,
          ]),
        )
      : {};
  const metadata = isRecord(output["metadata"]) ? output["metadata"] : {};
  switch (output["output_type"]) {
    case "stream":
      return [{ kind: "stream", name: output["name"] === "stderr" ? "stderr" : "stdout", text: joined(output["text"]) ?? "" }];
    case "display_data":
      return [{ kind: "display", data: data(), metadata }];
    case "execute_result":
      return [
        {
          kind: "result",
          data: data(),
          metadata,
          executionCount: typeof output["execution_count"] === "number" ? output["execution_count"] : null,
        },
      ];
    case "error":
      return [
        {
          kind: "error",
          name: String(output["ename"]),
          value: String(output["evalue"]),
          traceback: Array.isArray(output["traceback"]) ? output["traceback"].map(String) : [],
        },
      ];
    default:
      return [];
  }
}

function writeOutput(output: NotebookOutput): object {
  const data = (bundle: Readonly<Record<string, unknown>>): object =>
    Object.fromEntries(
      Object.entries(bundle).map(([mime, value]) => [mime, typeof value === "string" && isTextMime(mime) ? lines(value) : value]),
    );
  switch (output.kind) {
    case "stream":
      return { output_type: "stream", name: output.name, text: lines(output.text) };
    case "display":
      return { output_type: "display_data", data: data(output.data), metadata: output.metadata };
    case "result":
      return { output_type: "execute_result", data: data(output.data), metadata: output.metadata, execution_count: output.executionCount };
    case "error":
      return { output_type: "error", ename: output.name, evalue: output.value, traceback: output.traceback };
  }
}

/** The types whose text a notebook file stores line by line. */
function isTextMime(mime: string): boolean {
  return mime.startsWith("text/") || mime === "application/javascript" || mime === "image/svg+xml";
}

function joined(value: unknown): string | null {
  if (typeof value === "string") return value;
  return Array.isArray(value) && value.every((line) => typeof line === "string") ? value.join("") : null;
}

function lines(text: string): string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
