import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { initializerRegistry, layerRegistry, type ArgumentSpec, type LayerDefinition } from "../../std/layers/index.js";

/** The types of arguments as TypeScript writes them. */
const types: Readonly<Record<ArgumentSpec["kind"], string>> = {
  integer: "number",
  number: "number",
  size: "Size",
  padding: "Padding",
  boolean: "boolean",
  string: "string",
  choice: "string",
  initializer: "InitializerValue",
  shape: "ShapeValue",
  tensor: "Operand | readonly Operand[]",
  layer: "Layer",
  any: "unknown",
};

/** Layers that are functions of numbers too. */
const ofNumbers = new Set(["sqrt", "abs", "exp", "log", "sin", "cos", "tanh"]);

const typeOf = ({ kind, choices }: ArgumentSpec): string =>
  kind === "choice" ? (choices ?? []).map((choice) => JSON.stringify(choice)).join(" | ") : types[kind];

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

function docOf(spec: ArgumentSpec): string {
  const text = spec.doc.replaceAll("*/", "* /");
  if (spec.required === true) return text;
  const fallback = spec.defaultText ?? (spec.default === undefined ? null : JSON.stringify(spec.default));
  return fallback === null ? text : `${text} Default: ${fallback}.`;
}

/** The values by place, the first `count` of them. */
const places = (specs: readonly ArgumentSpec[], count: number): string[] =>
  specs.slice(0, count).map((spec) => `${spec.name}: ${typeOf(spec)}`);

/** What may be given by name when `count` values are given by place: of the others, the required ones must be. */
function optionsAfter(name: string, specs: readonly ArgumentSpec[], count: number): string {
  const missing = specs.slice(count).filter((spec) => spec.required === true);
  const all = `${capital(name)}Options`;
  if (missing.length === 0) return `options?: ${all}`;
  return `options: ${all} & Required<Pick<${all}, ${missing.map((spec) => JSON.stringify(spec.name)).join(" | ")}>>`;
}

function signatures(layer: LayerDefinition): string[] {
  const { name, arguments: specs } = layer;
  const byPlace = specs.filter((spec) => spec.positional === true);
  const options = `${capital(name)}Options`;
  const result = layer.source === true ? "Flow" : "Layer";
  if (byPlace.some((spec) => spec.rest === true))
    return [`(...tensors: readonly Operand[] | readonly [...tensors: Operand[], options: ${options}]): ${result}`];
  const counts = byPlace.map((_, index) => index + 1);
  const ends = specs.length === 0 ? () => [] : (count: number): string[] => [optionsAfter(name, byPlace, count)];
  const list: string[] = [];
  const required = byPlace.filter((spec) => spec.required === true).length;
  // Applied at once: the flow or tensor stands before the other values.
  if (layer.source !== true && byPlace[0]?.kind !== "tensor") {
    const takes = ["Flow", ...(layer.parameters === undefined ? ["Tensor"] : []), ...(ofNumbers.has(name) ? ["number"] : [])].join(" | ");
    for (const count of [0, ...counts].filter((count) => count >= required)) {
      const values = ["x: T", ...places(byPlace, count)];
      if (!specs.some((spec) => spec.defaultsToFlow === true)) list.push(`<T extends ${takes}>(${[...values, ...ends(count)].join(", ")}): Applied<T>`);
      else {
        list.push(`<T extends ${takes}>(${values.join(", ")}, options: ${options} & Required<Pick<${options}, "like">>): Applied<T>`);
        list.push(`(x: Flow, ${[...places(byPlace, count), ...ends(count)].join(", ")}): PendingFlow`);
      }
    }
  }
  // The usual call is the last: it is the one that messages speak of.
  for (const count of [0, ...counts]) list.push(`(${[...places(byPlace, count), ...ends(count)].join(", ")}): ${result}`);
  return list;
}

function declarations(layer: LayerDefinition): string {
  const { name, arguments: specs } = layer;
  const options =
    specs.length === 0
      ? ""
      : `interface ${capital(name)}Options {\n${specs.map((spec) => `/** ${docOf(spec)} */\nreadonly ${spec.name}?: ${typeOf(spec)};`).join("\n")}\n}\n\n`;
  return `${options}interface ${capital(name)}Function {\n${signatures(layer)
    .map((signature) => `/** ${layer.summary} */\n${signature};`)
    .join("\n")}\n}\n`;
}

/** `std/network/layer-functions.ts`: every layer and initialiser as a function of TypeScript, from the definitions alone. */
export async function layerFunctionsSource(): Promise<string> {
  const layers = [...layerRegistry.values()];
  const text = `// Written from the definitions of the layers by \`npx vitest run test/docs -u\`; not edited by hand.
import type { Initializer } from "../layers/initializers.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Layer, PendingFlow } from "./applicable.js";
import type { Flow } from "./flow.js";
import type { Applied, InitializerValue, Operand, Padding, ShapeValue, Size } from "./layer-values.js";

${layers.map(declarations).join("\n")}
/** Every layer by its name: with its values it is something to put on a row; given a flow or a tensor first, it is applied at once. */
export interface LayerFunctions {
${layers.map((layer) => `/** ${layer.summary} */\nreadonly ${layer.name}: ${capital(layer.name)}Function;`).join("\n")}
}

/** Every initialiser by its name, with its values. */
export interface InitializerFunctions {
${[...initializerRegistry.values()]
  .map(({ name, summary, arguments: specs }) => {
    const values = specs.map((spec) => `${spec.name}${spec.required === true ? "" : "?"}: ${typeOf(spec)}`).join(", ");
    return `/** ${summary} */\nreadonly ${name}: (${values}) => Initializer;`;
  })
  .join("\n")}
}
`;
  const path = fileURLToPath(new URL("../../std/network/layer-functions.ts", import.meta.url));
  return format(text, { ...(await resolveConfig(path)), parser: "typescript" });
}
