import { LamellaError } from "../../std/errors.js";
import { tagsOf, type Notebook, type NotebookCell } from "./notebook.js";

/** A parameter of a run, from `-p name=value`. */
export interface Parameter {
  readonly name: string;
  readonly value: unknown;
}

/**
 * Reads `name=value`. The value is JSON where it parses as such (numbers, true, lists, objects, quoted texts), else a text.
 * @throws LamellaError when there is no name that a variable can have.
 */
export function parseParameter(text: string): Parameter {
  const equals = text.indexOf("=");
  const name = text.slice(0, Math.max(equals, 0)).trim();
  if (equals < 0) throw new LamellaError(`-p takes name=value, for example -p lr=0.1, but ${JSON.stringify(text)} arrived`);
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name))
    throw new LamellaError(`-p ${text}: ${JSON.stringify(name)} is not a name a variable can have`);
  const value = text.slice(equals + 1);
  try {
    return { name, value: JSON.parse(value) as unknown };
  } catch {
    return { name, value };
  }
}

/**
 * The notebook with a cell that sets the parameters, as papermill does it: after the cell tagged `parameters`, in the place
 * of an earlier injected one, else at the top.
 */
export function withParameters(notebook: Notebook, parameters: readonly Parameter[]): Notebook {
  if (parameters.length === 0) return notebook;
  const injected: NotebookCell = {
    type: "code",
    id: freeId(notebook, "injected-parameters"),
    source: ["// Parameters", ...parameters.map(({ name, value }) => `let ${name} = ${literalOf(value)};`)].join("\n"),
    metadata: { tags: ["injected-parameters"] },
    outputs: [],
    executionCount: null,
  };
  const cells = notebook.cells.filter((cell) => !tagsOf(cell).includes("injected-parameters"));
  const place = cells.findIndex((cell) => tagsOf(cell).includes("parameters"));
  return { ...notebook, cells: [...cells.slice(0, place + 1), injected, ...cells.slice(place + 1)] };
}

/** Parameters that the cell tagged `parameters` does not declare: most likely misspelt. */
export function undeclared(notebook: Notebook, parameters: readonly Parameter[]): string[] {
  const declaring = notebook.cells.find((cell) => tagsOf(cell).includes("parameters"));
  if (declaring === undefined) return [];
  const names = new Set(
    // `let a` and the `b` of `let a = 1, b = 2`.
    [
      ...declaring.source.matchAll(
        /\b(?:let|const|var)\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)|,\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*(?::[^=;\n]*)?=(?![=>])/gu,
      ),
    ].map((match) => match[1] ?? match[2]),
  );
  return parameters.map(({ name }) => name).filter((name) => !names.has(name));
}

/** A value of JSON as a literal of TypeScript, where JSON differs from it. */
function literalOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literalOf).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    // Written plainly, the key __proto__ would set the object's prototype.
    const keyOf = (key: string): string => (key === "__proto__" ? '["__proto__"]' : literalOf(key));
    return `{${Object.entries(value)
      .map(([key, item]) => `${keyOf(key)}:${literalOf(item)}`)
      .join(",")}}`;
  }
  // Line ends to TypeScript, though not to JSON.
  return JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

function freeId(notebook: Notebook, wanted: string): string {
  const taken = new Set(notebook.cells.filter((cell) => !tagsOf(cell).includes("injected-parameters")).map(({ id }) => id));
  let id = wanted;
  for (let number = 2; taken.has(id); number++) id = `${wanted}-${number}`;
  return id;
}
