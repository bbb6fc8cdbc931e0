import "./drawer.js";
import "./eager.js";

export { trace } from "../tensor/graph.js";
export { compile, type Compiled } from "./compile.js";
export { configureEngine, engineInfo, executor, type EngineInfo } from "./engine.js";
export type { Executable, Executor, PrepareOptions } from "./executor.js";
export type { EngineSettings } from "./settings.js";
