import { isLayerCell } from "../../../dsl/detect.js";
import { escapeHtml } from "../../../std/view/escape.js";

/** What a piece of program text is; the names are the classes of the page's style sheet. */
type TokenKind = "comment" | "string" | "keyword" | "number" | "label" | "name" | "claim";

const typescriptKeywords = new Set(
  (
    "abstract as async await break case catch class const continue debugger declare default delete do else enum export extends false finally for from function get if implements import in " +
    "instanceof interface is keyof let new null of private protected public readonly return satisfies set static super switch this throw true try type typeof undefined var void while yield"
  ).split(" "),
);
const layerKeywords = new Set(
  "net block let train load save show on from to out update repeat in if else default and or not true false".split(" "),
);

const tokens =
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<string>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|`(?:[^`\\]|\\[\s\S])*`?)|(?<claim>->[^\n|;}/]*)|(?<number>\b\d[\d_.]*(?:x\d+)*(?:e[+-]?\d+)?n?\b)|(?<word>[\p{ID_Start}$_][\p{ID_Continue}$]*)(?<colon>:(?!:))?/gu;

/** Program text as HTML, escaped, its tokens in spans. Knows enough of both languages to colour them, and loses no character of either. */
export function highlight(source: string, language: "typescript" | "layers" = isLayerCell(source) ? "layers" : "typescript"): string {
  const layers = language === "layers";
  let html = "";
  let end = 0;
  for (const match of source.matchAll(tokens)) {
    const groups = match.groups as Record<string, string | undefined>;
    html += escapeHtml(source.slice(end, match.index));
    end = match.index + match[0].length;
    if (groups["word"] === undefined) {
      if (groups["claim"] !== undefined && !layers) {
        // In TypeScript `->` means nothing, and what follows it must be looked at.
        html += escapeHtml("->");
        html += highlight(match[0].slice(2), language);
        continue;
      }
      const kind = (["comment", "string", "claim", "number"] as const).find((name) => groups[name] !== undefined) as TokenKind;
      html += span(kind, match[0]);
      continue;
    }
    const word = groups["word"];
    const keyword = (layers ? layerKeywords : typescriptKeywords).has(word);
    if (keyword) html += span("keyword", word);
    else if (layers && groups["colon"] !== undefined) html += span("label", word);
    else
      html += /^\s*\(/.test(source.slice(match.index + word.length, match.index + word.length + 2)) ? span("name", word) : escapeHtml(word);
    html += groups["colon"] ?? "";
  }
  return html + escapeHtml(source.slice(end));
}

function span(kind: TokenKind, text: string): string {
  return `<span class="${kind}">${escapeHtml(text)}</span>`;
}
