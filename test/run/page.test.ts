import { describe, expect, test } from "vitest";
import { highlight } from "../../kernel/run/html/highlight.js";
import { renderMarkdown } from "../../kernel/run/html/markdown.js";
import { mathToHtml } from "../../kernel/run/html/math.js";
import { renderOutput, terminalText } from "../../kernel/run/html/output.js";
import { renderPage, type NotebookCell, type NotebookOutput } from "../../kernel/run/index.js";

const cell = (parts: Partial<NotebookCell>): NotebookCell => ({
  type: "code",
  id: "a",
  source: "1",
  metadata: {},
  outputs: [],
  executionCount: 1,
  ...parts,
});
const display = (data: Record<string, unknown>): NotebookOutput => ({ kind: "display", data, metadata: {} });
const hostile = `<script>alert(1)</script>`;
const textOf = (html: string): string =>
  html
    .replace(/<br>/g, "\n")
    .replace(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");

describe("code is coloured and never changed", () => {
  const layers = `net LeNet(image: 28x28x1, classes=10) { // a "comment"
  c1: conv 6, 5x5, pad=2 | tanh             -> 28x28x6, 156 params
  repeat 2 { dense 10 }
}
show LeNet, title="<b>"`;
  const typescript =
    "const f = async (x: number) => `a ${x} // no comment`;\n/* open\n * comment */ let s = 'it\\'s' + \"<b>\"; if (a->b) return /re/g;";
  test.each([
    ["layers", layers],
    ["typescript", typescript],
    ["an unclosed string", 'let s = "open\nlet t = `open'],
    ["an unclosed comment", "/* never closed <b>"],
    ["nothing", ""],
    ["other letters", "let größe = '数 🎉';"],
  ])("%s", (_, source) => {
    expect(textOf(highlight(source))).toBe(source);
  });

  test("what is what", () => {
    const html = highlight(layers);
    for (const expected of [
      '<span class="keyword">net</span>',
      '<span class="label">c1</span>:',
      '<span class="number">28x28x1</span>',
      '<span class="claim">-&gt; 28x28x6, 156 params</span>',
      '<span class="string">&quot;&lt;b&gt;&quot;</span>',
      '<span class="comment">// a &quot;comment&quot;</span>',
    ]) {
      expect(html).toContain(expected);
    }
  });
});

describe("Markdown", () => {
  const markdown = (source: string): string =>
    renderMarkdown(source, (address) => (address === "here.png" ? "data:image/png;base64,aGk=" : null));
  test.each([
    [
      "formulas are not Markdown's",
      "the $a_i * b_j$ and $c_*$",
      ["<i>a</i><sub><i>i</i></sub> * <i>b</i><sub><i>j</i></sub>", "<sub>*</sub>"],
    ],
    ["prices are not formulas", "from $5 to $10", ["from $5 to $10"]],
    ["display formulas", "$$\nw \\leftarrow w + \\eta (t - y) x\n$$", ['<p class="formula">', "η"]],
    ["pictures beside the notebook are embedded", "![a](here.png)", ['<img src="data:image/png;base64,aGk=" alt="a">']],
    ["pictures from elsewhere become links", "![a](https://example.org/x.png)", ['<a href="https://example.org/x.png">a</a>']],
    ["code in the layer language", "```layers\nnet A(x: 2) { dense 1 }\n```", ['<span class="keyword">net</span>']],
    ["tables", "| a | b |\n|---|---|\n| 1 | 2 |", ["<td>2</td>"]],
  ])("%s", (_, source, expected) => {
    for (const part of expected) expect(markdown(source)).toContain(part);
  });

  test.each([
    ["a <script>alert(1)</script> b", "<p>a alert(1)&lt;/script&gt; b</p>\n"],
    ["<script>\nalert(1)\n</script>\n", ""],
    ["a <script><img src=x onerror=alert(1)", "<p>a &lt;img src=x onerror=alert(1)</p>\n"],
    ["<scr<script></script>ipt>alert(1)</script>", "&lt;scr"],
    ['<img src="here.png" onerror="alert(1)" width=30>', '<img src="here.png" width="30">'],
    ["<a href='java\tscript:alert(1)'>x</a>", "<a>x</a>"],
    ["<a href='&#106;avascript:alert(1)'>x</a>", "<a>x</a>"],
    ["[x](javascript:alert(1))", "<p>x</p>\n"],
    ["![x](javascript:alert(1))", "<p>x</p>\n"],
    ["<https://example.org>", '<a href="https://example.org">https://example.org</a>'],
    ['<p style="color:red">x</p>', '<p style="color:red">x</p>'],
    ['<p style="background:url(x)">x</p>', "<p>x</p>"],
    ["<svg onload=alert(1)>", "&lt;svg onload=alert(1)&gt;"],
    ["<b title='\"><img src=x onerror=alert(1)>'>x</b>", "&quot;>&lt;img src=x onerror=alert(1)>"],
    ["1 < 2 & <kbd>Tab</kbd><!-- no --><br>", "1 &lt; 2 &amp; <kbd>Tab</kbd><br>"],
  ])("%j cannot act", (source, written) => {
    expect(markdown(source)).toContain(written);
    expect(markdown(source).replace(/"[^"]*"/g, "")).not.toMatch(/<[^>]*\bon[a-z]+\s*=|<script|javascript:/i);
  });
});

test.each([
  ["\\frac{\\partial L}{\\partial w}", "(∂ L) / (∂ w)"],
  ["\\sqrt{k}", "√k"],
  ["\\hat{y}", "y\u0302"],
  ["\\sum_{i=1}^{n} x_i", "∑i=1n xi"],
  ["\\text{softmax}(QK^\\top / \\sqrt{d_k})", "softmax(QKᵀ / √dk)"],
  ["\\mathbb{R}^{28 \\times 28}", "R28  ×  28"],
  ["\\unknown{x} < 1", "\\unknownx < 1"],
  ["{{{", ""],
  ["x^", "x"],
])("the formula %s", (tex, expected) => {
  expect(textOf(mathToHtml(tex)).replaceAll("&#8202;", " ")).toBe(expected);
});

describe("outputs", () => {
  test.each([
    [
      "streams are escaped",
      { kind: "stream", name: "stdout", text: hostile },
      `<pre class="stdout">&lt;script&gt;alert(1)&lt;/script&gt;</pre>`,
    ],
    [
      "errors are escaped",
      { kind: "error", name: "E", value: "v", traceback: [hostile] },
      `<pre class="error">&lt;script&gt;alert(1)&lt;/script&gt;</pre>`,
    ],
    ["texts are escaped", display({ "text/plain": hostile }), `<div class="shown"><pre>&lt;script&gt;alert(1)&lt;/script&gt;</pre></div>`],
    ["HTML comes first", display({ "text/plain": "x", "text/html": "<b>x</b>", "image/png": "aGk=" }), `<div class="shown"><b>x</b></div>`],
    [
      "pictures",
      display({ "text/plain": hostile, "image/png": "aG\nk=" }),
      `<div class="shown"><img src="data:image/png;base64,aGk=" alt="&lt;script&gt;alert(1)&lt;/script&gt;"></div>`,
    ],
    ["JSON", display({ "application/json": { a: 1 } }), `<div class="shown"><pre>{\n  &quot;a&quot;: 1\n}</pre></div>`],
  ] as [string, NotebookOutput, string][])("%s", (_, output, expected) => {
    expect(renderOutput(output)).toBe(expected);
  });

  test("what a terminal would show", () => {
    expect(terminalText("\u001b[31mred\u001b[0m\n10 %\r50 %\r100 %\r\nend")).toBe("red\n100 %\nend");
  });
});

describe("the page", () => {
  const figure = { data: [{ y: [1, 2] }], layout: { title: hostile } };
  const plotly = display({ "text/plain": "x", "application/vnd.plotly.v1+json": figure });
  const page = (cells: NotebookCell[]): string =>
    renderPage({ metadata: {}, cells }, { name: "n", plotly: () => 'const end = "</script>";' });

  test("asks nothing of the network", () => {
    const html = page([cell({ type: "markdown", source: "# T & co\n![x](https://example.org/x.png)" }), cell({ outputs: [plotly] })]);
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/<(?:script|img|iframe|video|audio|source|embed)[^>]+src="?(?!data:)/);
    expect(html).not.toContain("<link");
    expect(html).toContain("<title>T &amp; co</title>");
  });

  test("plotly only where a figure needs it, once, and nothing can end its script", () => {
    expect(page([cell({})])).not.toContain("const end");
    const html = page([cell({ outputs: [plotly, plotly] })]);
    expect(html.match(/const end/g)).toHaveLength(1);
    expect(html).toContain('const end = "<\\/script>";');
    expect(html).not.toContain(hostile);
    const still = display({ "text/plain": "x", "text/html": "<img>", "application/vnd.plotly.v1+json": figure });
    expect(page([cell({ outputs: [still] })])).not.toContain("const end");
  });

  test("attachments, hidden inputs and removed cells", () => {
    const html = page([
      cell({ type: "markdown", source: "![p](attachment:p%20q.png)", attachments: { "p q.png": { "image/png": "aGk=" } } }),
      cell({ source: "secret()", metadata: { tags: ["remove-input"] }, outputs: [{ kind: "stream", name: "stdout", text: "shown" }] }),
      cell({ source: "gone()", metadata: { tags: ["remove-cell"] } }),
      cell({ source: "", outputs: [] }),
    ]);
    expect(html).toContain('src="data:image/png;base64,aGk="');
    expect(html).not.toContain("secret");
    expect(html).toContain("shown");
    expect(html).not.toContain("gone");
    expect(html.match(/<section/g)).toHaveLength(2);
  });
});
