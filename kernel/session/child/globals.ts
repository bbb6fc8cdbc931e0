import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { runtimeName } from "../../cells/runtime-name.js";
import * as notebook from "../../notebook/index.js";
import { compiledFile } from "../../package-root.js";
import { guard, guardItems } from "./guards.js";
import { cellModules } from "./modules.js";
import type { CellRuntime } from "./runtime.js";
import { environmentMagic, helpText, shellMagic, startClock } from "./runtime.js";

/** What the runner and the globals of the session share. */
export interface SessionGlobals {
  lastValue: unknown;
  onCatch: (thrown: unknown) => void;
  /** Stops the clocks of `%time` lines. */
  stopClocks(): void;
  /** When the names of the package are there. */
  readonly loaded: Promise<void>;
}

/** Puts everything a cell may use without importing it into the global scope. */
export function defineGlobals(directory: string): SessionGlobals {
  const modules = cellModules(directory);
  const clocks: (() => void)[] = [];
  const globals: SessionGlobals = {
    lastValue: undefined,
    onCatch: () => {},
    stopClocks: () => {
      for (const stop of clocks.splice(0)) stop();
    },
    loaded: loadPackage(),
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
  return globals;
}

/** The exports of `lamella` and the notebook functions, as globals that a cell may shadow. */
async function loadPackage(): Promise<void> {
  for (const [name, value] of Object.entries(notebook)) define(name, value);
  const main = compiledFile("kernel/lamella");
  if (!existsSync(main)) return;
  const lamella = (await import(pathToFileURL(main).href)) as Record<string, unknown>;
  for (const [name, value] of Object.entries(lamella)) define(name, value);
}

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}
