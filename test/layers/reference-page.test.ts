import { describe, expect, test } from "vitest";
import {
  initializerRegistry,
  layerErrorCodes,
  layerRegistry,
  layerSection,
  referencePage,
  type LayerDefinition,
} from "../../std/layers/index.js";

describe("the reference page", () => {
  const page = referencePage();

  test("has a section for every layer, a line for every initialiser and a row for every code", () => {
    for (const name of layerRegistry.keys()) expect(page).toContain(`\n### \`${name}\`\n`);
    for (const name of initializerRegistry.keys()) expect(page).toMatch(new RegExp(`\n- \`${name}[(\`]`));
    for (const code of layerErrorCodes.keys()) expect(page).toContain(`\n| ${code} | `);
    expect(page.match(/^### /gm)?.length).toBe(layerRegistry.size);
  });

  test("gelu's section", () => {
    expect(layerSection(layerRegistry.get("gelu") as LayerDefinition).join("\n")).toBe(`### \`gelu\`
x times the probability that a normal variable is below x, as in BERT and GPT.
y = x * (1 + erf(x / sqrt 2)) / 2; with \`approximate=true\` the formula GPT-2 uses, y = x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))) (Hendrycks & Gimpel 2016). Any shape in, the same shape out; no parameters.
| value | what it is | default |  |
| --- | --- | --- | --- |
| \`approximate\`= | true or false | false | Whether the formula with tanh is used. |
\`\`\`
gelu   // Tx16 -> Tx16
gelu approximate=true   // Tx16 -> Tx16
\`\`\``);
  });

  test("an example shows what comes out", () => {
    expect(page).toContain("conv 96, 11x11, stride=4, pad=2   // 224x224x3 -> 55x55x96, 34944 params");
    expect(page).toContain("embedding 100, 32   // T int -> Tx32, 3200 params");
    expect(page).toContain("normal(100)   // -> 100");
  });

  test("the layers of issue three and of the zoo are there", () => {
    const wanted =
      "conv dwconv upconv maxpool avgpool l2pool gap gmp bn layernorm groupnorm instancenorm rmsnorm lrn " +
      "dropout spatialdropout dense embedding rnn lstm gru " +
      "attention positions token first last upsample crop concat add mul flatten reshape transpose " +
      "relu relu6 leakyrelu elu selu gelu silu softplus sigmoid tanh " +
      "step softmax logsoftmax sqrt abs exp log sum mean max min normal uniform";
    for (const name of wanted.split(" ")) expect(layerRegistry.has(name), name).toBe(true);
  });
});
