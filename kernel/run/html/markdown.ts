import { Marked, type TokenizerAndRendererExtension, type Tokens } from "marked";
import { escapeHtml } from "../../../std/view/escape.js";
import { authorHtml, isHarmless } from "./author-html.js";
import { highlight } from "./highlight.js";
import { mathToHtml } from "./math.js";

/** Gives a picture's data URI for the address a Markdown cell names it by, or null when it is not on this machine. */
export type PictureSource = (address: string) => string | null;

/**
 * A Markdown cell as HTML: GitHub's dialect, formulas between dollars kept out of Markdown's hands, pictures embedded, code
 * coloured. Of raw HTML passes what cannot act.
 */
export function renderMarkdown(source: string, picture: PictureSource): string {
  const marked = new Marked({ gfm: true });
  marked.use({
    extensions: [displayMath, inlineMath],
    renderer: {
      code({ text, lang }: Tokens.Code): string {
        const language =
          lang === "layers" || lang === "lamella" ? "layers" : /^(?:ts|js|typescript|javascript)$/.test(lang ?? "") ? "typescript" : null;
        return `<pre class="code">${language === null ? escapeHtml(text) : highlight(text, language)}</pre>\n`;
      },
      html: ({ text }: Tokens.HTML | Tokens.Tag): string => authorHtml(text),
      // Behind an open `<script>` or `<pre>`, marked would write texts as they are.
      text: (token: Tokens.Text | Tokens.Escape): string | false =>
        "escaped" in token && token.escaped === true ? token.text.replaceAll("<", "&lt;") : false,
      link({ href, title, tokens }: Tokens.Link): string {
        const text = this.parser.parseInline(tokens);
        if (!isHarmless(href)) return text;
        return `<a href="${escapeHtml(href)}"${title === null || title === undefined ? "" : ` title="${escapeHtml(title)}"`}>${text}</a>`;
      },
      image({ href, text, title }: Tokens.Image): string {
        const data = picture(href);
        // The page asks nothing of the network: a picture from elsewhere becomes a link to it.
        if (data === null && !isHarmless(href)) return escapeHtml(text);
        if (data === null) return `<a href="${escapeHtml(href)}">${escapeHtml(text === "" ? href : text)}</a>`;
        return `<img src="${data}" alt="${escapeHtml(text)}"${title === null ? "" : ` title="${escapeHtml(title)}"`}>`;
      },
    },
  });
  return marked.parse(source, { async: false });
}

const displayMath: TokenizerAndRendererExtension = {
  name: "displayMath",
  level: "block",
  start: (source) => source.indexOf("$$"),
  tokenizer(source) {
    const match = /^\$\$([\s\S]+?)\$\$(?:\n|$)/.exec(source);
    return match === null ? undefined : { type: "displayMath", raw: match[0], text: (match[1] as string).trim() };
  },
  renderer: ({ text }) => `<p class="formula">${mathToHtml(String(text))}</p>\n`,
};

const inlineMath: TokenizerAndRendererExtension = {
  name: "inlineMath",
  level: "inline",
  start: (source) => source.indexOf("$"),
  tokenizer(source) {
    // As in Pandoc: no space inside the dollars, no digit after the closing one, so that prices stay prices.
    const match = /^\$\$([^$]+?)\$\$|^\$(?!\s)((?:[^$\\\n]|\\.)+?)(?<!\s)\$(?!\d)/.exec(source);
    return match === null ? undefined : { type: "inlineMath", raw: match[0], text: (match[1] ?? match[2] ?? "").trim() };
  },
  renderer: ({ text }) => `<span class="math">${mathToHtml(String(text))}</span>`,
};
