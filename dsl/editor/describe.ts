import type { ArgumentSpec, LayerDefinition } from "../../std/layers/definition.js";
import type { Registry } from "../registry.js";
import type { CompletionItem } from "./complete.js";

// What the language knows about a name, in Markdown: for a tooltip, and beside a completion.

type TrainKey = Registry["train"]["keys"][number];
type TrainEntry = Registry["train"]["families"][keyof Registry["train"]["families"]][number];

/** What a completion's item is, or "" where its line says all. */
export function documentationOf({ text, kind }: CompletionItem, registry: Registry): string {
  switch (kind) {
    case "layer":
    case "initializer":
      return describeKnown(text, registry) ?? "";
    case "option": {
      const key = registry.train.keys.find(({ name }) => name === text);
      return key === undefined ? "" : describeKey(key);
    }
    case "choice": {
      const entry = Object.values(registry.train.families)
        .flat()
        .find(({ name }) => name === text);
      return entry === undefined ? "" : describeTrainEntry(entry);
    }
    case "keyword":
    case "network":
    case "block":
    case "tensor":
    case "dimension":
    case "hyperparameter":
    case "dataset":
    case "value":
    case "tap":
      return "";
  }
}

/** A name of the library: a layer, an initialiser, a network or a data set. */
export function describeKnown(name: string, registry: Registry): string | null {
  const layer = registry.layers.get(name);
  if (layer !== undefined) return describeLayer(layer);
  const initializer = registry.initializers.get(name);
  if (initializer !== undefined) return `**${initializer.name}** (initialiser): ${initializer.summary}${optionList(initializer.arguments)}`;
  const network = registry.networks.get(name);
  if (network !== undefined) return `**${name}**, a network of the library: ${network.summary}`;
  const data = registry.datasets.get(name);
  return data === undefined ? null : `**${name}**, a data set of the library: ${data.summary}`;
}

/** A layer's entry: what it does, its options, an example. */
function describeLayer({ name, summary, details, arguments: specs, examples }: LayerDefinition): string {
  const example = examples[0] === undefined ? "" : `\n\n    ${examples[0].row}`;
  return `**${name}**: ${summary}${optionList(specs)}${example}\n\n${details}`;
}

/** A key of a `train` statement. */
export function describeKey({ name, summary, details, example }: TrainKey): string {
  return `**${name}**: ${summary}\n\n${details}\n\n    ${example}`;
}

/** An optimiser, a loss, a metric or another choice of a `train` statement. */
export function describeTrainEntry({ name, family, summary, details, arguments: specs }: TrainEntry): string {
  return `**${name}** (${family}): ${summary}\n\n${details}${optionList(specs)}`;
}

function optionList(specs: readonly ArgumentSpec[]): string {
  return specs.length === 0 ? "" : `\n\n${specs.map((spec) => `- \`${spec.name}\` ${describeOption(spec)}`).join("\n")}`;
}

/** "whole number, default 1: How far the window moves each time." */
export function describeOption(spec: ArgumentSpec): string {
  const kind = spec.kind === "choice" ? (spec.choices ?? []).join(" | ") : spec.kind;
  const fallback = spec.defaultText ?? (spec.default === undefined ? "" : plain(spec.default));
  return `${kind}${spec.required === true ? ", required" : fallback === "" ? "" : `, default ${fallback}`}: ${spec.doc}`;
}

function plain(value: unknown): string {
  if (typeof value === "object" && value !== null && "name" in value) return String(value.name);
  return Array.isArray(value) ? value.join("x") : String(value);
}
