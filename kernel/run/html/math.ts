import { escapeHtml } from "../../../std/view/escape.js";

/**
 * A formula of a lecture in TeX as readable HTML, without a typesetter and its fonts: Greek letters and signs as characters,
 * sub- and superscripts, fractions with a slash. What it does not know stays as it was written.
 */
export function mathToHtml(tex: string): string {
  const reader = { text: tex, position: 0 };
  return `<span title="${escapeHtml(tex)}">${sequence(reader, "")}</span>`;
}

interface Reader {
  readonly text: string;
  position: number;
}

/** Everything up to `closing` (or the end). */
function sequence(reader: Reader, closing: string): string {
  let html = "";
  while (reader.position < reader.text.length) {
    if (closing !== "" && reader.text[reader.position] === closing) {
      reader.position++;
      break;
    }
    html += atom(reader);
  }
  return html;
}

function atom(reader: Reader): string {
  const character = reader.text[reader.position++] as string;
  switch (character) {
    case "{":
      return sequence(reader, "}");
    case "^":
      return `<sup>${argument(reader)}</sup>`;
    case "_":
      return `<sub>${argument(reader)}</sub>`;
    case "\\":
      return command(reader);
    case "~":
      return " ";
    case "-":
      return "−";
    case "&":
      return " ";
    case "'":
      return "′";
    default:
      return /[a-zA-Z]/.test(character) ? `<i>${character}</i>` : escapeHtml(character);
  }
}

/** One group in braces, or one atom. */
function argument(reader: Reader): string {
  while (reader.text[reader.position] === " ") reader.position++;
  if (reader.position >= reader.text.length) return "";
  return atom(reader);
}

function command(reader: Reader): string {
  const name = /^(?:[a-zA-Z]+|[\s\S])?/.exec(reader.text.slice(reader.position))?.[0] ?? "";
  reader.position += name.length;
  const sign = signs[name];
  if (sign !== undefined) return sign;
  switch (name) {
    case "frac":
    case "dfrac":
    case "tfrac": {
      const [above, below] = [argument(reader), argument(reader)];
      return `${bracketed(above)}&#8202;/&#8202;${bracketed(below)}`;
    }
    case "sqrt":
      return `√${bracketed(argument(reader))}`;
    case "hat":
    case "bar":
    case "tilde":
    case "vec":
    case "dot":
      return argument(reader).replace(/(<\/i>)?$/, (end) => (accents[name] as string) + end);
    case "mathbf":
    case "boldsymbol":
    case "bm":
      return `<b>${argument(reader)}</b>`;
    case "text":
    case "mathrm":
    case "operatorname":
    case "mathit":
    case "mathbb":
    case "mathcal":
      return argument(reader).replace(/<\/?i>/g, "");
    case "left":
    case "right":
    case "displaystyle":
    case "limits":
    case "nolimits":
    case "big":
    case "Big":
      return "";
    case "begin":
    case "end":
      argument(reader);
      return "";
    case "\\":
      return "<br>";
    default:
      // Function names and what is not known.
      return /^[a-zA-Z]/.test(name) ? (functions.has(name) ? name : escapeHtml(`\\${name}`)) : escapeHtml(name);
  }
}

/** In parentheses, unless it is one sign. */
function bracketed(html: string): string {
  const text = html.replace(/<(su[bp])>.*?<\/\1>/g, "").replace(/<[^>]*>/g, "");
  return Array.from(text.replace(/&#?\w+;/g, "x")).length <= 1 || /^\w+$/.test(text) ? html : `(${html})`;
}

const functions = new Set("exp log ln max min sin cos tan tanh arg softmax det dim lim sup inf Pr argmax argmin".split(" "));
const accents: Readonly<Record<string, string>> = { hat: "\u0302", bar: "\u0304", tilde: "\u0303", vec: "\u20d7", dot: "\u0307" };

// prettier-ignore
const signs: Readonly<Record<string, string>> = {
  alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", varepsilon: "ε", zeta: "ζ", eta: "η", theta: "θ", iota: "ι", kappa: "κ",
  lambda: "λ", mu: "μ", nu: "ν", xi: "ξ", pi: "π", rho: "ρ", sigma: "σ", tau: "τ", phi: "φ", varphi: "φ", chi: "χ", psi: "ψ", omega: "ω",
  Gamma: "Γ", Delta: "Δ", Theta: "Θ", Lambda: "Λ", Xi: "Ξ", Pi: "Π", Sigma: "Σ", Phi: "Φ", Psi: "Ψ", Omega: "Ω",
  cdot: " · ", times: " × ", div: " ÷ ", pm: " ± ", mp: " ∓ ", leq: " ≤ ", le: " ≤ ", geq: " ≥ ", ge: " ≥ ", neq: " ≠ ", ne: " ≠ ",
  approx: " ≈ ", equiv: " ≡ ", sim: " ~ ", propto: " ∝ ", in: " ∈ ", notin: " ∉ ", subset: " ⊂ ", cup: " ∪ ", cap: " ∩ ",
  to: " → ", rightarrow: " → ", leftarrow: " ← ", gets: " ← ", Rightarrow: " ⇒ ", mapsto: " ↦ ", infty: "∞", partial: "∂", nabla: "∇",
  sum: "∑", prod: "∏", int: "∫", odot: " ⊙ ", otimes: " ⊗ ", oplus: " ⊕ ", ast: " ∗ ", star: " ⋆ ", circ: "∘", top: "ᵀ",
  ldots: "…", dots: "…", cdots: "⋯", vdots: "⋮", forall: "∀", exists: "∃", lfloor: "⌊", rfloor: "⌋", lceil: "⌈", rceil: "⌉",
  langle: "⟨", rangle: "⟩", mid: " | ", vert: "|", Vert: "‖", ell: "ℓ", quad: " &emsp;", qquad: " &emsp;&emsp;", ",": "&thinsp;",
  ";": " ", ":": " ", "!": "", " ": " ", "{": "{", "}": "}", "%": "%", "#": "#", $: "$", _: "_", "&": "&amp;", "|": "‖",
};
