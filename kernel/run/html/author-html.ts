import { escapeHtml } from "../../../std/view/escape.js";

const elements = new Set(
  (
    "a abbr b blockquote br caption center cite code col colgroup dd del details dfn div dl dt em figcaption figure font h1 h2 h3 h4 h5 h6 hr i img ins " +
    "kbd li mark ol p pre q s samp small span strike strong sub summary sup table tbody td tfoot th thead tr tt u ul var"
  ).split(" "),
);
const attributes = new Set(
  "align alt border class color cellpadding cellspacing colspan dir height href id lang name open rowspan scope size span src start style title valign width".split(
    " ",
  ),
);
const wholeElement = /<(script|style|iframe|object|embed|template|noscript|title|textarea)\b[^]*?(?:<\/\1\s*>|$)/gi;
const tag = /<!--[^]*?-->|<(\/?)([a-z][a-z0-9]*)((?:\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*)\s*\/?>/gi;
const attribute = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g;

/**
 * HTML that stands in Markdown, without what could act: of a list of elements and attributes each is written anew, scripts are left
 * out, anything else is shown as text. (Notebooks are sent around; Jupyter does the same with Markdown cells.)
 */
export function authorHtml(html: string): string {
  let written = "";
  let end = 0;
  const text = html.replace(wholeElement, "");
  for (const match of text.matchAll(tag)) {
    written += escapeAngles(text.slice(end, match.index));
    end = match.index + match[0].length;
    const [whole, slash = "", name, rest = ""] = match;
    if (name === undefined) continue;
    if (!elements.has(name.toLowerCase())) written += escapeHtml(whole);
    else written += slash === "/" ? `</${name}>` : `<${name}${attributesOf(rest)}>`;
  }
  return written + escapeAngles(text.slice(end));
}

/** Whether an address leads somewhere and runs nothing. */
export function isHarmless(address: string): boolean {
  // Browsers pass over control characters and spaces in "java script:", and read entities.
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(address.replace(/[\p{Cc}\s]/gu, ""))?.[1]?.toLowerCase();
  if (/&(#|colon|tab|newline)/i.test(address)) return false;
  return (
    scheme === undefined || ["http", "https", "mailto", "attachment"].includes(scheme) || /^data:image\/(png|jpeg|gif|webp);/i.test(address)
  );
}

function attributesOf(text: string): string {
  let written = "";
  for (const [, name = "", double, single, bare] of text.matchAll(attribute)) {
    const value = double ?? single ?? bare ?? "";
    if (!attributes.has(name.toLowerCase())) continue;
    if (/^(href|src)$/i.test(name) && !isHarmless(value)) continue;
    if (/^style$/i.test(name) && /url|expression|import|\\/i.test(value)) continue;
    // The value may hold entities of the author's.
    written += ` ${name.toLowerCase()}="${value.replaceAll('"', "&quot;").replaceAll("<", "&lt;")}"`;
  }
  return written;
}

function escapeAngles(text: string): string {
  return text.replaceAll("<", "&lt;");
}
