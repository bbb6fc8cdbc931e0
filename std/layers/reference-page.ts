import { checkArguments, describeValue, kindTexts } from "./arguments.js";
import { layers } from "./catalogue.js";
import type { ArgumentSpec, LayerCategory, LayerDefinition, LayerExample } from "./definition.js";
import { formatFlow, parseFlow } from "./dimensions.js";
import { initializerRegistry } from "./initializer-registry.js";
import { layerErrorCodes } from "./error-codes.js";
import { countParameters } from "./registry.js";

const titles: Readonly<Record<LayerCategory, string>> = {
  "dense and embedding": "Dense and embedding",
  convolution: "Convolution",
  pooling: "Pooling",
  normalisation: "Normalisation",
  dropout: "Dropout",
  recurrent: "Recurrent layers",
  attention: "Attention",
  shape: "Shape",
  combination: "Combination",
  activation: "Activation functions",
  formula: "Functions of formulas",
};

/** Every layer, initialiser and message code, in Markdown: made from the definitions alone, so that it cannot be out of date. */
export function referencePage(): string {
  const parts = [
    "# Layers",
    "A row of a network is a layer's name and its values: `conv 96, 11x11, stride=4, pad=2`. Values without a name come first, in " +
      "the order " +
      "of the table; all may be given by name. Shapes leave out the batch; images are height x width x channels, sequences time x " +
      "features.",
  ];
  for (const [category, title] of Object.entries(titles)) {
    const members = layers.filter((layer) => layer.category === category);
    parts.push(`## ${title}`, ...members.flatMap(layerSection));
  }
  parts.push("## Initialisers", "`init=he`, `init=normal(0, 0.01)`, or a number for a constant.");
  for (const { name, summary, arguments: specs } of initializerRegistry.values()) {
    const values = specs.map((spec) => (spec.required === true ? spec.name : `${spec.name}=${defaultText(spec)}`)).join(", ");
    parts.push(`- \`${name}${values === "" ? "" : `(${values})`}\`: ${summary}`);
  }
  parts.push(
    "## Messages",
    table(
      ["code", "what it says", "example"],
      [...layerErrorCodes].map(([code, { summary, example }]) => [code, summary, `\`${example}\``]),
    ),
  );
  return `${parts.join("\n\n").replaceAll(/(^- .*)\n\n(?=- )/gmu, "$1\n")}\n`;
}

/** One layer's part of the page; also what hover shows. */
export function layerSection(layer: LayerDefinition): string[] {
  const lines = [`### \`${layer.name}\``, layer.summary, layer.details];
  if (layer.arguments.length > 0) {
    lines.push(
      table(
        ["value", "what it is", "default", ""],
        layer.arguments.map((spec) => [
          `\`${spec.name}\`${spec.positional === true ? "" : "="}`,
          kindText(spec),
          defaultText(spec),
          spec.doc,
        ]),
      ),
    );
  }
  lines.push(["```", ...layer.examples.map((example) => exampleLine(layer, example)), "```"].join("\n"));
  return lines;
}

/** `conv 96, 11x11, stride=4, pad=2   // 224x224x3 -> 55x55x96, 34944 params`. */
function exampleLine(layer: LayerDefinition, { row, input, positional = [], named = {} }: LayerExample): string {
  const flow = parseFlow(input);
  const args = checkArguments(layer, positional, named);
  const output = formatFlow(layer.infer(flow, args).output);
  const parameters = countParameters(layer.parameters?.(flow, args) ?? []);
  const from = layer.source === true ? "" : `${formatFlow(flow)} `;
  return `${row}   // ${from}-> ${output}${parameters === 0 ? "" : `, ${parameters} params`}`;
}

function kindText(spec: ArgumentSpec): string {
  const text = spec.kind === "choice" ? (spec.choices ?? []).join(" or ") : kindTexts[spec.kind];
  return spec.rest === true ? `${text}, any number of them` : text;
}

function defaultText(spec: ArgumentSpec): string {
  if (spec.required === true) return "needed";
  if (spec.defaultText !== undefined) return spec.defaultText;
  return spec.default === undefined ? "none" : describeValue(spec.default).replaceAll('"', "");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
