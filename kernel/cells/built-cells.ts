import { builtCell, checkSource } from "../../dsl/index.js";
import type { Bindings, Names, RowShape, Runtime } from "../../dsl/index.js";
import { layerLanguage } from "../layer-registry.js";

interface Built {
  readonly rows: readonly RowShape[];
  readonly bindings: Bindings;
}

type Values = Readonly<Record<string, unknown>>;

/** Builds cells of the layer language on shapes, beside the session, for what the editor shows of them. Never fails. */
export class BuiltCells {
  readonly #cells = new Map<string, string>();
  #runtime: Runtime | undefined;
  #loading = false;
  #last: { readonly key: string; readonly built: Built } | undefined;

  /** A cell that later ones may use. */
  add(source: string, defines: readonly string[]): void {
    for (const name of defines) this.#cells.set(name, source);
    this.#load();
  }

  /** What was built last: while a cell is written, it changes with every key, and building takes longer than a key may. */
  get latest(): Built {
    return this.#last?.built ?? { rows: [], bindings: {} };
  }

  clear(): void {
    this.#cells.clear();
    this.#last = undefined;
  }

  of(source: string, names: Names, values: Values): Built {
    const nothing: Built = { rows: [], bindings: {} };
    this.#load();
    if (this.#runtime === undefined) return nothing;
    const key = JSON.stringify([source, values, ...this.#cells.values()]);
    if (this.#last?.key === key) return this.#last.built;
    let built = nothing;
    try {
      const scope = this.#scope(source, names, values, new Set());
      built = builtCell(source, { registry: layerLanguage, runtime: this.#runtime, names, scope });
      // A net that is broken for now keeps what its names stood for.
      built = { ...built, bindings: { ...this.latest.bindings, ...built.bindings } };
    } catch {
      // A cell that cannot be built has no shapes to show.
    }
    this.#last = { key, built };
    return built;
  }

  /** The values a cell uses: plain ones as the session has them, nets and blocks built again from their cells. */
  #scope(source: string, names: Names, values: Values, open: Set<string>): Record<string, unknown> {
    const scope: Record<string, unknown> = { ...values };
    for (const [name, cell] of this.#cells) {
      if (name in scope || cell === source || open.has(cell) || !uses(source, name)) continue;
      const inner = this.#scope(cell, names, values, new Set([...open, cell]));
      const options = { registry: layerLanguage, runtime: this.#runtime as Runtime, names, scope: inner };
      Object.assign(scope, checkSource(cell, options).values);
    }
    return scope;
  }

  /** Read when the first cell of the layer language comes: most of a start is spent on reading files. */
  #load(): void {
    if (this.#loading) return;
    this.#loading = true;
    void Promise.all([import("../../std/network/index.js"), import("../../std/zoo/index.js")]).then(([network, { zoo }]) => {
      this.#runtime = { ...network, zoo };
    });
  }
}

/** Whether a cell mentions a name that it does not define itself. */
function uses(source: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`, "u").test(source) && !new RegExp(`\\b(?:net|block|let)\\s+${name}\\b`, "u").test(source);
}
