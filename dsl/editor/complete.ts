import type { ArgumentSpec } from "../../std/layers/definition.js";
import type { Names, Registry } from "../registry.js";
import type { Bindings } from "./row-shapes.js";
import { describeOption } from "./describe.js";
import { cursorAt, type Cursor, type ScopeEntry } from "./cursor.js";

export interface CompletionItem {
  /** What is inserted. */
  readonly text: string;
  readonly kind:
    | "keyword"
    | "layer"
    | "option"
    | "choice"
    | "initializer"
    | "network"
    | "block"
    | "tensor"
    | "dimension"
    | "hyperparameter"
    | "dataset"
    | "value"
    | "tap";
  /** One line beside it: the kind and default of an option, what a layer is. */
  readonly detail: string;
}

export interface Completion {
  readonly start: number;
  readonly end: number;
  readonly items: readonly CompletionItem[];
}

export interface EditorOptions {
  readonly registry: Registry;
  /** Names of the notebook's other cells. */
  readonly names?: Names;
  /** Numbers, texts and lists of the notebook, by name. */
  readonly values?: Readonly<Record<string, unknown>>;
  /** What the names of headers stand for, where the cell could be checked (`builtCell`). */
  readonly bindings?: Bindings;
  /** Taps of networks of other cells, for `N[..` and `N.`. */
  readonly tapsOf?: (network: string) => readonly string[];
}

const statements: readonly CompletionItem[] = [
  { text: "net", kind: "keyword", detail: "net NAME(image: 28x28x1) { … } declares a network" },
  { text: "block", kind: "keyword", detail: "block NAME(c, stride=1) { … } declares a macro with fresh weights at each use" },
  { text: "train", kind: "keyword", detail: "train NET on DATA { … }" },
  { text: "let", kind: "keyword", detail: "let NAME = value" },
  { text: "show", kind: "keyword", detail: "show THING, option=…" },
  { text: "load", kind: "keyword", detail: 'load NET from "file"' },
  { text: "save", kind: "keyword", detail: 'save NET to "file"' },
];

const rowWords: readonly CompletionItem[] = [
  { text: "let", kind: "keyword", detail: "let NAME = … defines without touching the flow" },
  { text: "repeat", kind: "keyword", detail: "repeat n { … }, repeat c in [..] { … }" },
  { text: "if", kind: "keyword", detail: "if condition { … } else { … }" },
  { text: "default", kind: "keyword", detail: "default option=…, for the rows that follow" },
  { text: "out", kind: "keyword", detail: "out a, b gives a net several outputs" },
];

/** What may stand at a place of a cell, right or wrong: from the registry and the names that can be seen there. */
export function completeAt(source: string, offset: number, options: EditorOptions): Completion {
  const cursor = cursorAt(source, offset, options.registry, options.names ?? {});
  const all = itemsFor(cursor, options).map((item) => {
    const now = valueNow(item.text, cursor.scope.get(item.text), options);
    const nameable = ["hyperparameter", "dimension", "value", "network", "block"].includes(item.kind);
    return now === "" || !nameable
      ? item
      : { ...item, detail: item.detail === "" || item.detail === "any" || item.detail === "value" ? now : `${item.detail} (${now})` };
  });
  const wanted = cursor.prefix.toLowerCase();
  const seen = new Set<string>();
  const items = all.filter(({ text }) => {
    if (!text.toLowerCase().startsWith(wanted) || seen.has(text)) return false;
    seen.add(text);
    return true;
  });
  return { start: cursor.span[0], end: cursor.span[1], items };
}

/** "now 64": what a hyperparameter, a dimension or a value of the notebook is; empty where that is not known. */
export function valueNow(name: string, entry: ScopeEntry | undefined, { values = {}, bindings = {} }: EditorOptions): string {
  const bound = entry?.owner === undefined ? [] : (bindings[entry.owner]?.[name] ?? []);
  if (bound.length === 1 && bound[0] === entry?.text) return "";
  if (bound.length > 0) return `now ${bound.slice(0, 6).join(", ")}${bound.length > 6 ? ", …" : ""}`;
  const isNotebooks = entry !== undefined && entry.owner === undefined && (entry.kind === "any" || entry.kind === "value");
  return isNotebooks && Object.hasOwn(values, name) ? `now ${JSON.stringify(values[name])}` : "";
}

function itemsFor({ context, scope }: Cursor, options: EditorOptions): CompletionItem[] {
  const { registry } = options;
  switch (context.kind) {
    case "none":
      return [];
    case "statement":
      return [...statements];
    case "row":
      return [...names(scope, ["tensor", "block", "layer", "network", "hyperparameter"]), ...layers(registry), ...rowWords];
    case "layer":
      return [
        ...names(
          scope,
          context.tensors ? ["tensor", "block", "layer", "network", "hyperparameter"] : ["block", "layer", "network", "hyperparameter"],
        ),
        ...layers(registry),
      ];
    case "argument":
      return argumentItems(context.callee, context.place, context.given, scope, registry);
    case "option":
      return optionValues(
        specsOf(context.callee, registry, scope).find(({ name }) => name === context.option),
        scope,
        registry,
      );
    case "claim":
      return [
        { text: "?", kind: "keyword", detail: "asks for the shape and the parameters" },
        { text: "params", kind: "keyword", detail: "34944 params" },
        ...names(scope, ["dimension", "hyperparameter"]),
      ];
    case "member":
      return memberItems(context.object, scope, options);
    case "tap":
      return taps(context.network, scope, options).map((text) => ({ text, kind: "tap", detail: `tap of ${context.network}` }));
    case "trainKey":
      return [
        ...registry.train.keys.map(({ name, summary }): CompletionItem => ({ text: name, kind: "option", detail: summary })),
        { text: "update", kind: "keyword", detail: "update NET: what its parameters minimise, each step" },
        { text: "let", kind: "keyword", detail: "let NAME = … made in each step" },
      ];
    case "trainValue":
      return trainItems(context.key, context.place, scope, registry);
    case "network":
      return [...names(scope, ["network"]), ...zoo(registry)];
    case "data":
      return [
        ...names(scope, ["dataset", "any", "value"]),
        ...[...registry.datasets].map(([text, { summary }]): CompletionItem => ({ text, kind: "dataset", detail: summary })),
      ];
    case "value":
      return [...names(scope, null), ...zoo(registry), ...formulaLayers(registry)];
  }
}

function layers(registry: Registry): CompletionItem[] {
  return [...registry.layers.values()].map(({ name, summary }) => ({ text: name, kind: "layer", detail: summary }));
}

function formulaLayers(registry: Registry): CompletionItem[] {
  return [...registry.layers.values()]
    .filter(({ usableInFormula }) => usableInFormula === true)
    .map(({ name, summary }) => ({ text: name, kind: "layer", detail: summary }));
}

function zoo(registry: Registry): CompletionItem[] {
  return [...registry.networks].map(([text, { summary }]) => ({ text, kind: "network", detail: summary }));
}

function names(scope: ReadonlyMap<string, ScopeEntry>, kinds: readonly ScopeEntry["kind"][] | null): CompletionItem[] {
  return [...scope].flatMap(([text, entry]): CompletionItem[] => {
    if (kinds !== null && !kinds.includes(entry.kind)) return [];
    const kind = entry.kind === "any" ? "value" : entry.kind;
    const detail = entry.kind === "hyperparameter" && entry.text !== "" && entry.owner !== undefined ? `${text}=${entry.text}` : entry.text;
    return [{ text, kind, detail }];
  });
}

function specsOf(callee: string, registry: Registry, scope: ReadonlyMap<string, ScopeEntry>): readonly ArgumentSpec[] {
  if (callee === "default")
    return [...new Map([...registry.layers.values()].flatMap((layer) => layer.arguments).map((spec) => [spec.name, spec])).values()];
  if (!scope.has(callee)) {
    const layer = registry.layers.get(callee);
    if (layer !== undefined) return layer.arguments;
    const initializer = registry.initializers.get(callee);
    if (initializer !== undefined) return initializer.arguments;
    for (const family of Object.values(registry.train.families))
      for (const entry of family) if (entry.name === callee) return entry.arguments;
    const key = registry.train.keys.find(({ name }) => name === callee);
    if (key !== undefined) return key.arguments;
  }
  return headerSpecs(scope.get(callee)?.header ?? "");
}

/** The hyperparameters of a block or net of this cell, as options. */
function headerSpecs(header: string): ArgumentSpec[] {
  return [...header.matchAll(/[(,]\s*([\p{L}_][\p{L}\p{N}_]*)\s*(?:(=)\s*([^,)]*))?(?=[,)])/gu)].map(([, name = "", , fallback]) => ({
    name,
    kind: "any",
    doc: "a hyperparameter",
    positional: true,
    ...(fallback === undefined ? {} : { defaultText: fallback.trim() }),
  }));
}

function argumentItems(
  callee: string,
  place: number,
  given: readonly string[],
  scope: ReadonlyMap<string, ScopeEntry>,
  registry: Registry,
): CompletionItem[] {
  const specs = specsOf(callee, registry, scope);
  const places = specs.filter(({ positional }) => positional === true);
  const here = places[place] ?? places.find(({ rest }) => rest === true);
  const options = specs
    .filter(({ name }) => !given.includes(name))
    .map((spec): CompletionItem => ({ text: `${spec.name}=`, kind: "option", detail: describeOption(spec) }));
  const values = here === undefined ? [] : optionValues(here, scope, registry);
  return [...values, ...options];
}

function optionValues(spec: ArgumentSpec | undefined, scope: ReadonlyMap<string, ScopeEntry>, registry: Registry): CompletionItem[] {
  const own = (texts: readonly string[], kind: CompletionItem["kind"]): CompletionItem[] =>
    texts.map((text) => ({ text, kind, detail: spec === undefined ? "" : spec.doc }));
  switch (spec?.kind) {
    case "choice":
      return own(spec.choices ?? [], "choice");
    case "boolean":
      return [...own(["true", "false"], "choice"), ...names(scope, ["hyperparameter", "any", "value"])];
    case "padding":
      return [...own(["same"], "choice"), ...names(scope, ["hyperparameter", "any", "value"])];
    case "initializer":
      return [...registry.initializers.values()].map(({ name, summary }) => ({ text: name, kind: "initializer", detail: summary }));
    case "tensor":
      return names(scope, ["tensor"]);
    case "layer":
      return [...names(scope, ["layer", "block", "hyperparameter"]), ...layers(registry)];
    case "integer":
    case "number":
    case "size":
    case "shape":
    case "string":
    case "any":
    case undefined:
      return names(scope, ["hyperparameter", "dimension", "any", "value", "block"]);
  }
}

function memberItems(object: string, scope: ReadonlyMap<string, ScopeEntry>, options: EditorOptions): CompletionItem[] {
  const name = /^[\p{L}_][\p{L}\p{N}_]*/u.exec(object)?.[0] ?? "";
  const entry = scope.get(name);
  if (entry?.kind === "tensor") {
    const gives = options.registry.layers.get(entry.layer ?? "")?.gives ?? {};
    return [
      { text: "c", kind: "dimension", detail: "the last dimension" },
      ...Object.entries(gives).map(([text, detail]): CompletionItem => ({ text, kind: "tensor", detail })),
    ];
  }
  if (entry?.kind !== "network" && !options.registry.networks.has(name)) return [];
  if (object !== name) return ["weights", "bias"].map((text) => ({ text, kind: "tap", detail: "parameters of the tap" }));
  return taps(name, scope, options).map((text) => ({ text, kind: "tap", detail: `tap of ${name}` }));
}

function taps(network: string, scope: ReadonlyMap<string, ScopeEntry>, options: EditorOptions): readonly string[] {
  return scope.get(network)?.labels ?? options.tapsOf?.(network) ?? [];
}

function trainItems(key: string, place: number, scope: ReadonlyMap<string, ScopeEntry>, registry: Registry): CompletionItem[] {
  const found = registry.train.keys.find(({ name }) => name === key);
  if (found === undefined) return [];
  if (found.family !== null)
    return registry.train.families[found.family].map(({ name, summary }) => ({ text: name, kind: "choice", detail: summary }));
  return argumentItems(key, place, [], scope, registry);
}
