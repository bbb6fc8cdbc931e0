import type { Claim, Network, SummaryRow } from "../network/network.js";
import type { MimeBundle } from "./bundle.js";
import { rightColour, wrongColour } from "./colours.js";
import { escapeHtml } from "./escape.js";
import { formatFlow } from "./flow-text.js";
import { codeCell, htmlTable, type HtmlCell } from "./html-table.js";
import { tableEntries, type TableEntry } from "./network-rows.js";
import { formatCount, plural } from "./numbers.js";
import { textTable } from "./text-table.js";
import { selfShowing, type ViewOptions } from "./views.js";

/** Rows of a network past which the middle is left out, unless `limit` says otherwise. */
const usualLimit = 300;

/**
 * A network as the table of a lecture: labels, rows as written, output shapes, parameters. A claim that holds is ticked;
 * one that does not is crossed, beside what came out. Rows of blocks and repeats are indented under their names.
 */
export function networkTable(network: Network, options: ViewOptions = {}): MimeBundle {
  const entries = tableEntries(network.rows, options.limit ?? usualLimit);
  const title = `${network.name}: ${network.inputs.map(({ name, type }) => `${name} ${formatFlow(type)}`).join(", ")} -> ${network.outputs
    .map(({ name, type }) => (network.outputs.length > 1 ? `${name} ${formatFlow(type)}` : formatFlow(type)))
    .join(", ")}`;
  const total = totalText(network);
  return selfShowing({ "text/plain": asText(title, entries, total, network), "text/html": asHtml(title, entries, total) });
}

interface Verdict {
  readonly mark: "✓" | "✗" | "?" | "";
  readonly claimed: string;
}

/** What the claims say of the shape and of the count: one cell each. */
function verdictOf(claims: readonly Claim[]): Verdict {
  if (claims.length === 0) return { mark: "", claimed: "" };
  const broken = claims.filter((claim) => claim.holds === false);
  if (broken.length > 0) return { mark: "✗", claimed: broken.map((claim) => claim.text.replace(/\s*\bparam\w*$/, "")).join(", ") };
  return { mark: claims.some((claim) => claim.holds === true) ? "✓" : "?", claimed: "" };
}

function isCountClaim(claim: Claim): boolean {
  return /\bparam/.test(claim.text);
}

function cellsOf(row: SummaryRow, outer: boolean): { shape: string; count: string; shapeVerdict: Verdict; countVerdict: Verdict } {
  return {
    shape: formatFlow(row.output),
    // In brackets where the rows below make them up.
    count: row.parameters === 0 ? "" : outer ? `(${formatCount(row.parameters)})` : formatCount(row.parameters),
    shapeVerdict: verdictOf(row.claims.filter((claim) => !isCountClaim(claim))),
    countVerdict: verdictOf(row.claims.filter(isCountClaim)),
  };
}

function asText(title: string, entries: readonly TableEntry[], total: string, network: Network): string {
  const marked = (text: string, verdict: Verdict): string =>
    verdict.mark === "✗"
      ? `${text === "" ? "0" : text} ✗ not ${verdict.claimed}`
      : verdict.mark === ""
        ? text
        : `${text === "" ? "0" : text} ${verdict.mark}`;
  const notes = notesOf(network.rows);
  const rows = entries.map((entry) => {
    if (entry.kind === "elided") return [`… ${plural(entry.rows, "row")} more`];
    const { row } = entry;
    const cells = cellsOf(row, entry.outer);
    const note = row.notes.length === 0 ? "" : ` (${row.notes.map((text) => notes.indexOf(text) + 1).join(", ")})`;
    return [
      entry.label,
      "  ".repeat(entry.depth) + row.text + note,
      marked(cells.shape, cells.shapeVerdict),
      cells.count,
      verdictText(cells.countVerdict),
    ];
  });
  const table = textTable(
    [{ title: "" }, { title: "row", maximum: 90 }, { title: "output" }, { title: "parameters", align: "right" }, { title: "" }],
    rows.length === 0 ? [["(no rows)"]] : rows,
  );
  const width = Math.max(...table.split("\n").map((line) => line.length));
  return [title, table, "─".repeat(width), total, ...notes.map((note, index) => `(${index + 1}) ${note}`)].join("\n");
}

function verdictText(verdict: Verdict): string {
  return verdict.mark === "✗" ? `✗ not ${verdict.claimed}` : verdict.mark;
}

function asHtml(title: string, entries: readonly TableEntry[], total: string): string {
  const indent = (depth: number): string => "&nbsp;&nbsp;&nbsp;".repeat(depth);
  const marked = (text: string | null, verdict: Verdict): HtmlCell => {
    if (verdict.mark === "") return text ?? "";
    const before = text === null ? "" : `${escapeHtml(text)} `;
    if (verdict.mark === "✗") {
      return {
        html: `${before}<b style="color:${wrongColour}" title="the claim does not hold">✗ not ${escapeHtml(verdict.claimed)}</b>`,
      };
    }
    const help = verdict.mark === "✓" ? "the claim holds" : "asked";
    const colour = verdict.mark === "✓" ? `color:${rightColour}` : "opacity:0.7";
    return { html: `${before}<span style="${colour}" title="${help}">${verdict.mark}</span>` };
  };
  const rows = entries.map((entry): HtmlCell[] => {
    if (entry.kind === "elided") return [`… ${plural(entry.rows, "row")} more`];
    const { row } = entry;
    const cells = cellsOf(row, entry.outer);
    const label: HtmlCell = entry.label === "" ? "" : { html: `<b>${escapeHtml(entry.label)}</b>` };
    const notes = row.notes.map((note) => `<br><small>${escapeHtml(note)}</small>`).join("");
    return [
      label,
      { html: indent(entry.depth) + codeCell(row.text).html + notes },
      marked(cells.shape, cells.shapeVerdict),
      cells.count === "" && cells.countVerdict.mark !== "" ? "0" : cells.count,
      marked(null, cells.countVerdict),
    ];
  });
  return htmlTable(
    // The marks of the counts stand apart, so that the numbers line up.
    [{ title: "label" }, { title: "row" }, { title: "output" }, { title: "parameters", align: "right" }, { title: "" }],
    rows.length === 0 ? [["(no rows)"]] : rows,
    { caption: { html: `<b>${escapeHtml(title)}</b>` }, footer: [total] },
  );
}

function totalText(network: Network): string {
  const claims = network.rows.flatMap((row) => row.claims).filter((claim) => claim.holds !== null);
  const broken = claims.filter((claim) => claim.holds === false).length;
  const checked =
    claims.length === 0
      ? ""
      : broken === 0
        ? `; ${claims.length === 1 ? "the claim holds" : claims.length === 2 ? "both claims hold" : `all ${claims.length} claims hold`}`
        : `; ${broken} of ${plural(claims.length, "claim")} ${broken === 1 ? "does" : "do"} not hold`;
  const bytes = network.parameterCount * 4;
  const size =
    bytes === 0
      ? ""
      : ` (${bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`} of 32-bit floats)`;
  return `${plural(network.parameterCount, "parameter")}${size}${checked}`;
}

function notesOf(rows: readonly SummaryRow[]): string[] {
  return [...new Set(rows.flatMap((row) => row.notes))];
}
