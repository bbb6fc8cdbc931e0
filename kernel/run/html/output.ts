import { escapeHtml, jsonForScript } from "../../../std/view/escape.js";
import type { NotebookOutput } from "../notebook.js";
import { renderMarkdown } from "./markdown.js";

/** One output as HTML: the richest form a page can show without the network. */
export function renderOutput(output: NotebookOutput): string {
  switch (output.kind) {
    case "stream":
      return `<pre class="${output.name}">${escapeHtml(terminalText(output.text))}</pre>`;
    case "error": {
      const traceback = output.traceback.length === 0 ? `${output.name}: ${output.value}` : output.traceback.join("\n");
      return `<pre class="error">${escapeHtml(terminalText(traceback))}</pre>`;
    }
    case "display":
    case "result":
      return `<div class="shown">${renderBundle(output.data)}</div>`;
  }
}

/** True when a page with this output needs plotly.js. */
export function needsPlotly(output: NotebookOutput): boolean {
  if (output.kind !== "display" && output.kind !== "result") return false;
  const html = output.data["text/html"];
  return plotlyType in output.data && (typeof html !== "string" || html.includes("window.Plotly"));
}

const plotlyType = "application/vnd.plotly.v1+json";

function renderBundle(data: Readonly<Record<string, unknown>>): string {
  const text = (mime: string): string | null => (typeof data[mime] === "string" ? data[mime] : null);
  const html = text("text/html");
  if (html !== null) return html;
  if (plotlyType in data) {
    return `<div><script>(function(box){window.Plotly.newPlot(box,${jsonForScript((data[plotlyType] as { data?: unknown }).data ?? [])},${jsonForScript((data[plotlyType] as { layout?: unknown }).layout ?? {})},{responsive:true})})(document.currentScript.parentNode.appendChild(document.createElement("div")))</script></div>`;
  }
  const svg = text("image/svg+xml");
  if (svg !== null)
    return `<img src="data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}" alt="${escapeHtml(text("text/plain") ?? "")}">`;
  for (const mime of ["image/png", "image/jpeg", "image/gif", "image/webp"]) {
    const picture = text(mime);
    if (picture !== null)
      return `<img src="data:${mime};base64,${escapeHtml(picture.replace(/\s/g, ""))}" alt="${escapeHtml(text("text/plain") ?? "")}">`;
  }
  const markdown = text("text/markdown") ?? text("text/latex");
  if (markdown !== null) return renderMarkdown(markdown, () => null);
  const script = text("application/javascript");
  if (script !== null) return `<script>${script.replace(/<\/script/gi, "<\\/script")}</script>`;
  const plain = text("text/plain") ?? (data["application/json"] === undefined ? "" : JSON.stringify(data["application/json"], null, 2));
  return `<pre>${escapeHtml(terminalText(plain))}</pre>`;
}

// Built from text: a pattern with control characters in it is unreadable.
const [escape, bell] = ["\\u001b", "\\u0007"];
const controlSequences = new RegExp(`${escape}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${bell}${escape}]*(?:${bell}|${escape}\\\\)|[@-_])`, "g");

/** What a terminal would show: colour codes gone, a line that was returned over replaced. */
export function terminalText(text: string): string {
  return text
    .replace(controlSequences, "")
    .split("\n")
    .map((line) => line.replace(/\r+$/, "").replace(/^.*\r/s, ""))
    .join("\n");
}
