import { renderDiagnostics } from "./diagnostics/render.js";
import { formatValue } from "./template-value.js";
import type { Registry } from "./registry.js";
import { checkSource, type Runtime } from "./run.js";

/**
 * A mistake in a template: the message shows every one, with its row and carets, as the notebook does.
 */
export class LayersError extends Error {
  override readonly name = "LayersError";
}

/** What a template defines: its nets, blocks and values by name. Give their types: ``layers<{ LeNet: Net<"c1"> }>`…` ``. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type LayersTemplate = <Defined extends object = Record<string, any>>(texts: TemplateStringsArray, ...values: unknown[]) => Defined;

/**
 * Makes the tagged template ``layers`…` ``: the layer language in plain TypeScript.
 *
 *     const { LeNet } = layers`
 *       net LeNet(image: 28x28x1) { flatten | dense ${width} | relu | dense 10 }
 *     `;
 *
 * Numbers, texts, booleans and lists stand in the text; any other value (a network, a block, a layer) is passed by reference.
 * The check, the emitted TypeScript and the messages are the notebook's own.
 * @throws LayersError with every mistake. Training, showing, loading and saving are TypeScript's business, and refused here.
 */
export function createLayersTemplate(registry: Registry, runtime: Runtime): LayersTemplate {
  return (texts, ...values) => {
    const scope: Record<string, unknown> = {};
    let source = texts[0] ?? "";
    for (const [index, value] of values.entries()) {
      const written = formatValue(value);
      if (written === null) scope[`value${index + 1}`] = value;
      source += (written ?? `value${index + 1}`) + (texts[index + 1] ?? "");
    }
    const names = Object.fromEntries(
      Object.entries(scope).map(([name, value]) => [name, isNetwork(value) ? ("network" as const) : ("any" as const)]),
    );
    const { diagnostics, values: defined, statements } = checkSource(source, { registry, runtime, scope, names, closed: true });
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    if (errors.length > 0) throw new LayersError(renderDiagnostics(source, errors));
    const other = statements.find((kind) => kind === "train" || kind === "show" || kind === "load" || kind === "save");
    if (other !== undefined)
      throw new LayersError(`\`${other}\` cannot stand in a template, which only defines; call ${other}(…) of the package`);
    return defined as never;
  };
}

function isNetwork(value: unknown): boolean {
  return (typeof value === "function" || typeof value === "object") && value !== null && (value as { kind?: unknown }).kind === "network";
}
