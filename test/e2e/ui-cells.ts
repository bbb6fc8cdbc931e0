import { expect } from "vitest";

// The cells that the tests in a browser run, whichever front end shows them.

export interface Output {
  readonly output_type: string;
  readonly text?: string;
  readonly data?: Readonly<Record<string, string>>;
}

const network = "net Small(image: 28x28x1) {\n  c1: conv 4, 5x5 | relu\n  maxpool 2x2\n  flatten\n  dense 10 | softmax\n}";
/** Cells of both languages, with values, tables, pictures and a training run. */
export const cells = [
  "let answer = 6 * 7;\nconst words = ['a', 'b'];\nanswer",
  network,
  "show Small",
  "tensor(Array.from({ length: 8 }, (_, row) => Array.from({ length: 8 }, (_, column) => Math.sin(row + column))))",
  "console.log('printed', answer)",
  "({ answer, words })",
  "net Two(x: 2) { dense 8 | tanh | dense 2 | softmax }\ntrain Two on spirals { loss crossentropy; epochs 3; batch 32; seed 1 }",
];
/** The curves of the training run. */
export const pictured = 6;

const attack = `<script>window.attacked=1</script><img src=x onerror="window.attacked=1">`;
const quoted = JSON.stringify(attack);
const forged = attack.replaceAll('"', "'");
/** Markup in every place where a text of the author's ends up in an output. */
export const hostile = [
  `console.log(${quoted})`,
  `process.stderr.write(${quoted})`,
  quoted,
  `({ [${quoted}]: [${quoted}] })`,
  `new Map([[${quoted}, ${quoted}]])`,
  `throw new Error(${quoted})`,
  `class Named extends Error { override name = ${quoted} }\nthrow new Named("named")`,
  `let wrong: number = ${quoted}`,
  `import ${JSON.stringify(forged)}`,
  `net Bad(x: 4) { dense 8, init="${forged}" }`,
  `net Bad(x: 4) { ${attack} }`,
  `train Nothing on ${quoted} { loss crossentropy }`,
  `tensor([[1, 2], [3, 4]]).reshape([${quoted} as never])`,
  `net Small(x: 4) { dense 3 | softmax }\nshow Small, title="${forged}"`,
  `display(${quoted}).update(${quoted})`,
  // The name of a run, of its network and of a metric: labels, titles and captions of the curves, live and still.
  `show({ [${quoted}]: { run: { network: ${quoted}, epochs: 1, stepsPerEpoch: 1, parameterCount: 1, seed: 1, examples: 1, validation: 0 },
    steps: [{ step: 1, epoch: 1, loss: 1, learningRate: 1 }], epochs: [{ epoch: 1, metrics: { [${quoted}]: 1, loss: 1 } }], stopped: "finished" } },
    { interactive: true })`,
  `Symbol(${quoted})`,
  // What the author did write runs, in a page that is trusted: the flag of the others would be seen.
  `html("<script>window.written = 1</script>" + ${JSON.stringify(attack.replaceAll("<", "&lt;"))})`,
  `(() => { function named() {}\n  Object.defineProperty(named, "name", { value: ${quoted} });\n  return named; })()`,
];

/** What `cells` leave in the notebook. */
export function expectShown(shown: readonly (readonly Output[])[]): void {
  expect(shown.flat().filter(({ output_type }) => output_type === "error")).toEqual([]);
  expect(shown[0]?.[0]?.data?.["text/plain"]).toBe("42");
  expect(shown[4]?.[0]?.text).toBe("printed 42\n");
  expect(shown[5]?.[0]?.data?.["text/plain"]).toBe("{ answer: 42, words: [ 'a', 'b' ] }");
}
