import { escapeHtml } from "../../std/view/escape.js";

/** A signature and a doc comment for a tooltip: paragraphs, then a list of the comment's tags. */
export function inspectionHtml(signature: string, documentation: string): string {
  const [text = "", ...tags] = `\n${documentation}`.split(/^(?=@[a-z])/m);
  const paragraphs = text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== "")
    .map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`);
  const list = tags.length === 0 ? "" : `<ul>${tags.map((tag) => `<li>${tagHtml(tag)}</li>`).join("")}</ul>`;
  return `<pre>${escapeHtml(signature)}</pre>${paragraphs.join("")}${list}`;
}

/** `@param name text`: the name is code, and so is a whole example. */
function tagHtml(tag: string): string {
  const [, name = "", text = ""] = /^@(\w+)\s*([^]*?)\s*$/.exec(tag) ?? [];
  if (name === "example") return `example<pre>${escapeHtml(text.replace(/^```\w*\n|\n```$/g, ""))}</pre>`;
  if (!["param", "template", "throws", "typeParam"].includes(name)) return escapeHtml(`${name} ${text}`.trimEnd());
  const [, subject = "", rest = ""] = /^(\{[^}]*\}|\S+)\s*-?\s*([^]*)$/.exec(text) ?? [];
  if (name === "throws" && !subject.startsWith("{")) return escapeHtml(`throws ${text}`);
  return `${name === "param" ? "" : `${name} `}<code>${escapeHtml(subject)}</code> ${escapeHtml(rest)}`.trimEnd();
}
