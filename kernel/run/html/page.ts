import { escapeHtml } from "../../../std/view/escape.js";
import { tagsOf, type Notebook, type NotebookCell } from "../notebook.js";
import { highlight } from "./highlight.js";
import { renderMarkdown, type PictureSource } from "./markdown.js";
import { needsPlotly, renderOutput } from "./output.js";
import { styleSheet } from "./style.js";

export interface PageOptions {
  /** The title when the notebook has no heading. */
  readonly name: string;
  /** A picture file a Markdown cell names, as a data URI. */
  readonly picture?: PictureSource;
  /** The text of plotly.js; asked for only when an output needs it. */
  readonly plotly?: () => string;
}

/** A notebook as one HTML file that asks nothing of the network (a content policy in it makes sure), light or dark as the reader's system is. */
export function renderPage(notebook: Notebook, options: PageOptions): string {
  const heading = notebook.cells
    .map((cell) => (cell.type === "markdown" ? /^#\s+(.+)$/m.exec(cell.source)?.[1] : undefined))
    .find((text) => text !== undefined);
  const title = heading?.replace(/[*_`$]/g, "").trim() ?? options.name;
  const live = options.plotly !== undefined && notebook.cells.some((cell) => cell.outputs.some(needsPlotly));
  // The library's text may hold the end tag inside a string.
  const library = live ? `<script>${(options.plotly?.() ?? "").replace(/<\/script/gi, "<\\/script")}</script>\n` : "";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; font-src data:; media-src data:">
<title>${escapeHtml(title)}</title>
<style>${styleSheet}</style>
${library}</head>
<body>
<main>
${notebook.cells.map((cell) => renderCell(cell, options.picture ?? (() => null))).join("\n")}
</main>
</body>
</html>
`;
}

function renderCell(cell: NotebookCell, picture: PictureSource): string {
  const tags = tagsOf(cell);
  if (tags.includes("remove-cell")) return "";
  if (cell.type === "markdown")
    return `<section class="text" id="${cell.id}">${renderMarkdown(cell.source, (address) => attached(cell, address) ?? picture(address))}</section>`;
  if (cell.type === "raw") return `<section class="raw" id="${cell.id}"><pre>${escapeHtml(cell.source)}</pre></section>`;
  if (cell.source.trim() === "" && cell.outputs.length === 0) return "";
  const number = cell.executionCount === null ? " " : String(cell.executionCount);
  const input = tags.includes("remove-input")
    ? ""
    : `<div class="prompt">[${number}]</div><pre class="code">${highlight(cell.source)}</pre>`;
  const outputs =
    tags.includes("remove-output") || cell.outputs.length === 0
      ? ""
      : `<div class="output">${cell.outputs.map(renderOutput).join("\n")}</div>`;
  return `<section class="cell" id="${cell.id}">${input}${outputs}</section>`;
}

/** A picture pasted into the cell. */
function attached(cell: NotebookCell, address: string): string | null {
  if (!address.startsWith("attachment:")) return null;
  let name = address.slice("attachment:".length);
  try {
    name = decodeURIComponent(name);
  } catch {
    // As it is written, then.
  }
  const [mime, data] = Object.entries(cell.attachments?.[name] ?? {})[0] ?? [];
  return mime === undefined || typeof data !== "string" || !/^image\/[\w.+-]+$/.test(mime)
    ? null
    : `data:${mime};base64,${data.replace(/[^A-Za-z0-9+/=]/g, "")}`;
}
