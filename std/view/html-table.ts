import { escapeHtml } from "./escape.js";

export interface HtmlColumn {
  readonly title: string;
  readonly align?: "left" | "right" | "center";
}

/** A cell: text, or HTML that is already escaped. */
export type HtmlCell = string | { readonly html: string };

/**
 * A plain table: it must read well with its inline styles (which Notebook takes away from untrusted files) and without
 * them. A row of one cell spans the table; colours come from the page, so that it fits a dark one.
 */
export function htmlTable(
  columns: readonly HtmlColumn[],
  rows: readonly (readonly HtmlCell[])[],
  options: { caption?: HtmlCell; footer?: readonly HtmlCell[] } = {},
): string {
  const line = "border:0;border-bottom:1px solid #8884;";
  const cell = (tag: "td" | "th", content: HtmlCell, column: HtmlColumn | undefined, style = ""): string => {
    const align = column?.align ?? "left";
    // Notebook aligns cells to the right and takes the style from untrusted ones; it leaves an inner element its own.
    return `<${tag} align="${align}" style="text-align:${align};padding:3px 12px 3px 4px;vertical-align:top;${style}">${align === "left" && toHtml(content) !== "" ? `<div align="left">${toHtml(content)}</div>` : toHtml(content)}</${tag}>`;
  };
  const row = (cells: readonly HtmlCell[], style: string): string =>
    cells.length === 1
      ? `<tr style="background:none"><td colspan="${columns.length}" align="left" style="text-align:left;padding:6px 12px 3px 4px;${style}"><div align="left">${toHtml(cells[0] as HtmlCell)}</div></td></tr>`
      : `<tr style="background:none">${columns.map((column, index) => cell("td", cells[index] ?? "", column, style)).join("")}</tr>`;
  const head = columns.some((column) => column.title !== "")
    ? `<thead><tr style="background:none">${columns.map((column) => cell("th", column.title, column, "border:0;border-bottom:1px solid #888;")).join("")}</tr></thead>`
    : "";
  const foot =
    options.footer === undefined ? "" : `<tfoot>${row(options.footer, "border:0;border-top:1px solid #888;font-weight:bold;")}</tfoot>`;
  const caption =
    options.caption === undefined
      ? ""
      : `<caption align="top" style="caption-side:top;text-align:left;color:inherit;padding:2px 4px">${toHtml(options.caption)}</caption>`;
  return (
    `<table style="border-collapse:collapse;border:0;margin:4px 0;color:inherit">${caption}${head}` +
    `<tbody>${rows.map((cells) => row(cells, line)).join("")}</tbody>${foot}</table>`
  );
}

function toHtml(content: HtmlCell): string {
  return typeof content === "string" ? escapeHtml(content) : content.html;
}

/** Program text in a cell, with its spaces kept. */
export function codeCell(text: string): { html: string } {
  return { html: `<code style="white-space:pre-wrap;background:none;color:inherit">${escapeHtml(text)}</code>` };
}
