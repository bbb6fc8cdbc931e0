import { LamellaError } from "../errors.js";
import type { Dataset } from "../data/dataset.js";
import type { Network, TapHandle } from "../network/network.js";
import { MemoryDataset } from "../data/memory.js";
import { NamedDataset } from "../data/named.js";
import { BuiltNetwork, Tap } from "../network/index.js";
import { Variable } from "../tensor/graph.js";
import { formatShape } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import type { TrainingHistory } from "../train/events.js";
import type { MimeBundle } from "./bundle.js";
import { compareHistories } from "./compare-histories.js";
import { datasetView } from "./dataset-view.js";
import { typescriptOf } from "./emitted-typescript.js";
import { escapeHtml } from "./escape.js";
import { formatFlow } from "./flow-text.js";
import { htmlTable } from "./html-table.js";
import { networkTable } from "./network-table.js";
import { formatCount, plural } from "./numbers.js";
import { statisticsOf, statisticsText } from "./statistics.js";
import { tensorView } from "./tensor-view.js";
import { textTable } from "./text-table.js";
import { trainingCurve } from "./training-curve.js";
import { bundleOf, displayable, htmlOf, registerViews, type ViewHandler, type ViewOptions } from "./views.js";

/** The views of Lamella's own kinds of value. */
const standardViews: readonly ViewHandler[] = [
  { name: "tensor", accepts: (value) => value instanceof Tensor, render: (value: Tensor, options) => tensorView(value, options) },
  { name: "variable", accepts: (value) => value instanceof Variable, render: (value: Variable, options) => variableView(value, options) },
  { name: "typescript", accepts: (value, options) => isNetwork(value) && options.as === "typescript", render: typescriptView },
  { name: "network", accepts: isNetwork, render: networkView },
  {
    name: "training",
    accepts: isHistory,
    render: (value: TrainingHistory, options) => trainingCurve(value, { interactive: true, ...options }),
  },
  { name: "data set", accepts: isDataset, render: (value: Dataset, options) => datasetView(value, options) },
  { name: "tap", accepts: isTap, render: (value: TapHandle, options) => tapView(value, options) },
  { name: "parameters", accepts: isMapOfVariables, render: parametersView },
  {
    name: "histories",
    accepts: areHistories,
    render: (value: Record<string, TrainingHistory>, options) => compareHistories(Object.fromEntries(Object.entries(value)), options),
  },
  { name: "list", accepts: isListOfViews, render: listView },
];

registerViews(...standardViews);
displayable(Tensor.prototype);
displayable(Variable.prototype);
displayable(BuiltNetwork.prototype);
displayable(Tap.prototype);
displayable(MemoryDataset.prototype);
displayable(NamedDataset.prototype);

function hasKind(value: unknown, kind: string): boolean {
  return ((typeof value === "object" && value !== null) || typeof value === "function") && (value as { kind?: unknown }).kind === kind;
}

function isNetwork(value: unknown): value is Network {
  return hasKind(value, "network");
}

function isDataset(value: unknown): value is Dataset {
  return hasKind(value, "dataset");
}

function isHistory(value: unknown): value is TrainingHistory {
  if (typeof value !== "object" || value === null) return false;
  const { run, steps, epochs } = value as Partial<TrainingHistory>;
  return typeof run === "object" && run !== null && Array.isArray(steps) && Array.isArray(epochs);
}

function areHistories(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return false;
  const entries = Object.values(value);
  return entries.length > 0 && entries.length <= 100 && entries.every(isHistory);
}

function isTap(value: unknown): value is TapHandle {
  if (typeof value !== "object" || value === null) return false;
  const { name, type, parameters, value: read } = value as Partial<TapHandle>;
  return typeof name === "string" && typeof type === "object" && Array.isArray(parameters) && typeof read === "function";
}

function variableView(variable: Variable, options: ViewOptions): MimeBundle {
  return tensorView(variable.value, { title: variable.name, ...options });
}

function isMapOfVariables(value: unknown): value is ReadonlyMap<string, Variable> {
  return value instanceof Map && value.size > 0 && [...value.values()].every((item) => item instanceof Variable);
}

/** The parameters of a network, a line each. */
function parametersView(parameters: ReadonlyMap<string, Variable>): MimeBundle {
  const all = [...parameters.values()];
  return parameterTable(`${plural(all.length, "tensor")}, ${plural(numbersIn(all), "parameter")} to train`, all);
}

function numbersIn(parameters: readonly Variable[]): number {
  return parameters.filter(({ trainable }) => trainable).reduce((sum, { storage }) => sum + storage.length, 0);
}

function parameterTable(head: string, parameters: readonly Variable[]): MimeBundle {
  if (parameters.length === 0) return { "text/plain": head };
  const columns = [{ title: "parameter" }, { title: "shape" }, { title: "numbers", align: "right" as const }, { title: "" }];
  const rows = parameters.map(({ name, shape, storage, trainable }) => [
    name,
    formatShape(shape),
    formatCount(storage.length),
    `${statisticsText(statisticsOf(storage))}${trainable ? "" : " (not trained)"}`,
  ]);
  return { "text/plain": `${head}\n${textTable(columns, rows)}`, "text/html": `<div>${escapeHtml(head)}</div>${htmlTable(columns, rows)}` };
}

/** A tap: what it gives, and its parameters with their numbers in a line each. */
function tapView(tap: TapHandle, options: ViewOptions): MimeBundle {
  return parameterTable(
    `${options.title ?? tap.name}: ${formatFlow(tap.type)}, ${plural(numbersIn(tap.parameters), "parameter")}`,
    tap.parameters,
  );
}

/** A net that waits for hyperparameters has no table yet; its error says what it needs. */
function networkView(network: Network, options: ViewOptions): MimeBundle {
  try {
    return networkTable(network, options);
  } catch (error) {
    if (error instanceof LamellaError) return { "text/plain": error.message };
    throw error;
  }
}

/** The TypeScript a network was compiled to. */
function typescriptView(network: Network): MimeBundle {
  const text = typescriptOf(network);
  if (text === undefined)
    return { "text/plain": `${network.name} was not written in the layer language, so there is no TypeScript it was compiled to` };
  return {
    "text/plain": text,
    "text/markdown": fenced(text),
    "text/html": `<pre><code class="language-typescript">${escapeHtml(text)}</code></pre>`,
  };
}

/** A fence longer than any run of backticks in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}typescript\n${text.replace(/\n*$/, "\n")}${fence}`;
}

function isListOfViews(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= 12 &&
    value.every((item) => item instanceof Tensor || isNetwork(item) || isTap(item) || isDataset(item))
  );
}

/** A short list of things that have views: one below the other. */
function listView(values: readonly unknown[], options: ViewOptions): MimeBundle {
  const bundles = values.map((value) => bundleOf(value, options));
  return {
    "text/plain": bundles.map((bundle, index) => `[${index}] ${bundle["text/plain"]}`).join("\n"),
    "text/html": bundles.map(htmlOf).join(""),
  };
}
