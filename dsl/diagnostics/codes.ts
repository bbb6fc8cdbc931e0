/** A stable code of a mistake: what it means, and a cell that makes it. */
export interface ErrorCode {
  readonly code: string;
  readonly title: string;
  readonly meaning: string;
  readonly example: string;
}

const net = (rows: string, header = "image: 8x8x3"): string => `net A(${header}) {\n  ${rows.replaceAll("\n", "\n  ")}\n}`;

/** Every code, in order. Labs and tests may refer to them: a code never changes its meaning. */
export const errorCodes: readonly ErrorCode[] = [
  {
    code: "E001",
    title: "something cannot stand here",
    meaning: "The row cannot be read from this place on.",
    example: net("relu ? tanh"),
  },
  {
    code: "E002",
    title: "a brace without its partner",
    meaning: "A `{`, `(` or `[` is never closed, or a closing one closes nothing.",
    example: "net A(image: 8x8x3) {\n  relu",
  },
  {
    code: "E003",
    title: "something is missing",
    meaning: "A value, a layer or a comma is missing before or after this place.",
    example: net("conv 3 3x3"),
  },
  { code: "E004", title: "a text that is not closed", meaning: 'A `"` is missing at the end of a text.', example: 'load A from "weights' },
  {
    code: "E005",
    title: "not a keyword",
    meaning: "A statement starts with net, block, let, train, show, load or save; a row with braces with repeat or if.",
    example: "nett A(x: 3) { relu }",
  },
  {
    code: "E006",
    title: "a word that is taken",
    meaning: "Words of the language, and at the top of a cell those of TypeScript, cannot be names.",
    example: "net class(x: 3) { relu }",
  },
  { code: "E007", title: "a definition without let", meaning: "`a = …` defines nothing.", example: net("skip = relu") },
  { code: "E008", title: "= for ==", meaning: "Two values are compared with `==`.", example: net("if image.c = 3 { relu }") },
  {
    code: "E009",
    title: "a claim in the wrong place",
    meaning: "A claim stands behind a row or tensor and has one shape.",
    example: net("relu -> 8x8x3, 8x8x4"),
  },
  {
    code: "E010",
    title: "an extent that is none",
    meaning: "Extents of a shape are whole numbers from 1 up, or names.",
    example: net("relu", "image: 0x8x3"),
  },
  {
    code: "E011",
    title: "a name that is not defined",
    meaning: "Nothing of this name is defined before this place.",
    example: "let width = 3\nnet A(x: 3) { dense widht }",
  },
  {
    code: "E012",
    title: "defined twice",
    meaning: "A name, label or key stands twice in the same place.",
    example: net("a: relu\na: tanh"),
  },
  {
    code: "E013",
    title: "which input?",
    meaning: "A net with several inputs has no flow before a row starts with one of them.",
    example: net("dense 3", "a: 3, b: 3"),
  },
  { code: "E014", title: "an empty net", meaning: "A net has an input and at least one row.", example: "net A(c) { relu }" },
  {
    code: "E015",
    title: "the name of a layer",
    meaning:
      "A layer value cannot be called like a layer of the library, which it would hide. A tensor or a number may be: it cannot be applied, so that a call still means the layer.",
    example: net("let relu = tanh"),
  },
  { code: "E016", title: "out is the last row", meaning: "Rows after `out` would lead nowhere.", example: net("a: relu\nout a\ntanh") },
  {
    code: "E017",
    title: "a value in the place of a layer",
    meaning: "A row is made of layers, blocks and networks.",
    example: net("relu | 3"),
  },
  {
    code: "E018",
    title: "a tensor in the place of a layer",
    meaning: "A tensor starts a row; behind a bar stands what is applied to it.",
    example: net("a: relu\ntanh | a"),
  },
  {
    code: "E019",
    title: "a layer in a formula",
    meaning: "In a formula a layer is applied to a tensor: `tanh(x)`.",
    example: net("let y = image + tanh"),
  },
  { code: "E020", title: "no such layer", meaning: "There is no layer, block or network of this name.", example: net("cov 3, 3x3") },
  {
    code: "E021",
    title: "the wrong kind of value",
    meaning: "An option was given a value of another kind.",
    example: net("conv 3, 3x3, bias=2"),
  },
  { code: "E022", title: "a value is missing", meaning: "A layer, block or key needs a value it was not given.", example: net("conv 3") },
  { code: "E023", title: "too many values", meaning: "There are more values without a name than the layer takes.", example: net("relu 3") },
  {
    code: "E024",
    title: "out of range",
    meaning: "A number is out of its range, or a word is none of the choices.",
    example: net("dropout 2"),
  },
  {
    code: "E025",
    title: "given twice",
    meaning: "An option has a value by its place and another by its name.",
    example: net("conv 3, 3x3, filters=4"),
  },
  {
    code: "E026",
    title: "no such option",
    meaning: "The layer, block or network has no option of this name.",
    example: net("maxpool 2x2, strid=2"),
  },
  { code: "E027", title: "no such initialiser", meaning: "There is no initialiser of this name.", example: net("dense 3, init=hee") },
  {
    code: "E030",
    title: "the layer does not take this flow",
    meaning: "The flow has the wrong number of dimensions, or the layer cannot be applied to it.",
    example: net("dense 3"),
  },
  {
    code: "E031",
    title: "tensors that do not fit together",
    meaning: "Shapes of two tensors cannot be added, joined, multiplied or tied.",
    example: net("let a = image | conv 4, 1x1\nadd a"),
  },
  {
    code: "E032",
    title: "a window that does not fit",
    meaning: "The window is larger than the padded flow, or the flow is longer than there are positions.",
    example: net("maxpool 9x9"),
  },
  {
    code: "E033",
    title: "does not divide",
    meaning: "Groups, heads or the like must divide the number of channels.",
    example: net("conv 4, 3x3, groups=2"),
  },
  {
    code: "E034",
    title: "an extent that must be known",
    meaning: "Weights depend on an extent that is only known when data arrives.",
    example: net("dense 3", "x: T"),
  },
  {
    code: "E035",
    title: "token ids",
    meaning: "Token ids must be turned into vectors before they can be calculated with.",
    example: net("dense 3", "ids: T int"),
  },
  {
    code: "E036",
    title: "weights that cannot be shared",
    meaning: "A layer value used twice would need weights of two shapes.",
    example: net("let f = dense 4\nf | f", "x: 3"),
  },
  {
    code: "E037",
    title: "recursion without end",
    meaning: "A block calls itself more than 64 calls deep.",
    example: "block B(n) { dense n | B n }\nnet A(x: 3) { B 2 }",
  },
  { code: "E038", title: "repeat what?", meaning: "`repeat` takes a whole number or a list.", example: net("repeat 2.5 { relu }") },
  {
    code: "E039",
    title: "the wrong input",
    meaning: "A block or network was given a tensor of another shape than it declares.",
    example: "block B(x: T x D) { relu }\nnet A(image: 8x8x3) { B }",
  },
  {
    code: "E040",
    title: "a shape that was claimed and is not",
    meaning: "The row gives another shape than its claim says.",
    example: net("conv 3, 3x3 -> 8x8x3"),
  },
  {
    code: "E041",
    title: "parameters that were claimed and are not",
    meaning: "The row has another number of parameters than its claim says.",
    example: net("conv 3, 3x3 -> 6x6x3, 81 params"),
  },
  {
    code: "E042",
    title: "no such value beside the flow",
    meaning: "The layer gives no value of this name.",
    example: net("a: relu\nlet s = a.state\ns"),
  },
  {
    code: "E043",
    title: "no such tap",
    meaning: "The network has no label of this name.",
    example: "net A(x: 3) { a: dense 3 }\nnet B(x: 3) { A[..b] }",
  },
  {
    code: "E044",
    title: "a network that cannot be used as a layer",
    meaning: "It has several outputs or mistakes of its own.",
    example: "net A(x: 3) {\n  a: dense 3\n  b: dense 2\n  out a, b\n}\nnet B(x: 3) { A }",
  },
  {
    code: "E045",
    title: "a cut through a skip connection",
    meaning: "The part of a network needs a value made before its start.",
    example: "net R(x: 4) {\n  a: dense 4\n  b: dense 4\n  add a\n}\nnet S(x: 4) { R[b..] }",
  },
  {
    code: "E050",
    title: "the net could not be built",
    meaning: "The body failed with the values it was given.",
    example: "let unit = 3\nnet A(x: 3) { let f = unit(3)\n f }",
  },
  {
    code: "E051",
    title: "not a layer",
    meaning: "What stands on the row is a value of another kind when the net is built.",
    example: "net N(x: 3, f) { f }\nlet M = N(f=3)",
  },
  {
    code: "E060",
    title: "no such row of train",
    meaning: "`train` has no key of this name.",
    example: "net A(x: 3) { dense 3 }\ntrain A on mnist { epoch 3 }",
  },
  { code: "E061", title: "no such network", meaning: "What is trained must be a network.", example: "let A = 3\ntrain A on mnist" },
  {
    code: "E062",
    title: "no such data set",
    meaning: "There is no data set of this name.",
    example: "net A(x: 3) { dense 3 }\ntrain A on mnst",
  },
  {
    code: "E063",
    title: "update what?",
    meaning: "Each `update` names a network that is trained, and several networks need updates.",
    example: "net A(x: 3) { dense 3 }\nnet B(x: 3) { dense 3 }\ntrain A, B on mnist",
  },
  {
    code: "E064",
    title: "no such loss, optimiser, metric …",
    meaning: "There is none of this name.",
    example: "net A(x: 3) { dense 3 }\ntrain A on mnist { optimizer adm }",
  },
];

/** The reference page of all codes, in Markdown; `render` shows what the example gives. */
export function errorReference(render: (example: string) => string): string {
  const parts = errorCodes.map(
    ({ code, title, meaning, example }) =>
      `## ${code}: ${title}\n\n${meaning}\n\n\`\`\`\n${example}\n\`\`\`\n\n\`\`\`text\n${render(example)}\n\`\`\`\n`,
  );
  return `# What the layer language reports\n\nEach mistake has a code that stays the same.\n\n${parts.join("\n")}`;
}
