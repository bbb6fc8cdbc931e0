import { describe, expect, test } from "vitest";
import { initializerRegistry, layerErrorCodes, layerRegistry, layerSection, referencePage, type LayerDefinition } from "../../std/layers/index.js";

describe("the reference page", () => {
  const page = referencePage();

  test("has a section for every layer, a line for every initialiser and a row for every code", () => {
    for (const name of layerRegistry.keys()) expect(page).toContain(`\n### \`${name}\`\n`);
    for (const name of initializerRegistry.keys()) expect(page).toMatch(new RegExp(`\n- \`${name}[(\`]`));
    for (const code of layerErrorCodes.keys()) expect(page).toContain(`\n| ${code} | `);
    expect(page.match(/^### /gm)?.length).toBe(layerRegistry.size);
  });

  test("maxpool's section", () => {
    expect(layerSection(layerRegistry.get("maxpool") as LayerDefinition).join("\n")).toBe(`### \`maxpool\`
The greatest number of each window.
y[i, j, c] = max over the window of x. Padding counts as -infinity: it is never the greatest. PyTorch: \`nn.MaxPool2d\`. H x W x C in, H' x W' x C out with H' = floor((H + 2 pad - size) / stride) + 1; a stride smaller than the size makes the windows overlap. No parameters.
| value | what it is | default |  |
| --- | --- | --- | --- |
| \`size\` | a size such as 3x3 or 3 | needed | The window, such as 2x2, or one number for all axes. |
| \`stride\`= | a size such as 3x3 or 3 | the size | How far the window moves each time. |
| \`pad\`= | a padding: a number, one for each axis, a pair for each axis, or same | 0 | Zeros around the flow: a number, one for each axis, a pair for each axis (before, after), or \`same\` for ceil(extent / stride) windows. |
\`\`\`
maxpool 2x2   // 6x6x2 -> 3x3x2
maxpool 3x3, stride=2   // 7x8x2 -> 3x3x2
maxpool 3x3, stride=1, pad=1   // 4x4x2 -> 4x4x2
maxpool 3, pad=same   // Tx4 -> ((T + 2)/3)x4
\`\`\``);
  });

  test("an example shows what comes out", () => {
    expect(page).toContain("conv 96, 11x11, stride=4, pad=2   // 224x224x3 -> 55x55x96, 34944 params");
    expect(page).toContain("embedding 100, 32   // T int -> Tx32, 3200 params");
    expect(page).toContain("normal 100   // -> 100");
  });

  test("the layers of issue three and of the zoo are there", () => {
    const wanted =
      "conv dwconv upconv maxpool avgpool l2pool gap gmp bn layernorm groupnorm instancenorm rmsnorm lrn dropout spatialdropout dense embedding rnn lstm gru " +
      "attention positions token first last upsample crop concat add mul flatten reshape transpose relu relu6 leakyrelu elu selu gelu silu softplus sigmoid tanh " +
      "step softmax logsoftmax sqrt abs exp log sum mean max min normal uniform";
    for (const name of wanted.split(" ")) expect(layerRegistry.has(name), name).toBe(true);
  });
});
