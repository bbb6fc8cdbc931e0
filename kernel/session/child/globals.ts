import { runtimeName } from "../../cells/runtime-name.js";
import * as lamella from "../../lamella.js";
import * as notebook from "../../notebook/index.js";
import { guard, guardItems } from "./guards.js";
import { cellModules, type ModuleLoader } from "./modules.js";
import type { CellRuntime } from "./runtime.js";
import { environmentMagic, helpText, shellMagic, startClock } from "./runtime.js";

/** What the runner and the globals of the session share. */
export interface SessionGlobals {
  lastValue: unknown;
  onCatch: (thrown: unknown) => void;
  /** Stops the clocks of `%time` lines. */
  stopClocks(): void;
}

/** Puts everything a cell may use without importing it into the global scope: of `lamella` and the notebook functions, to be shadowed. */
export function defineGlobals(directory: string, loader: ModuleLoader): SessionGlobals {
  const modules = cellModules(directory, loader);
  const clocks: (() => void)[] = [];
  const globals: SessionGlobals = {
    lastValue: undefined,
    onCatch: () => {},
    stopClocks: () => {
      for (const stop of clocks.splice(0)) stop();
    },
  };
  const runtime: CellRuntime = {
    guard,
    guardItems,
    import: modules.import,
    meta: modules.meta,
    result: (value) => {
      globals.lastValue = value;
    },
    catch: (thrown) => globals.onCatch(thrown),
    env: environmentMagic,
    help: () => console.log(helpText),
    shell: shellMagic,
  };
  define(runtimeName, runtime);
  define("__t", () => {
    clocks.push(startClock());
  });
  define("__s", () => globals.stopClocks());
  define("require", modules.require);
  for (const [name, value] of Object.entries({ ...notebook, ...lamella })) define(name, value);
  return globals;
}

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}
