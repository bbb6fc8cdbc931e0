export { checkSource, type CheckedCell, type CheckSourceOptions, type Runtime } from "./run.js";
export { compileCell, type CompiledCell, type CompileOptions, type PositionMap } from "./compile.js";
export { isLayerCell, layerSource } from "./detect.js";
export type { Diagnostic, Fix, Related, Severity } from "./diagnostics/diagnostic.js";
export { positionOf, type Position } from "./diagnostics/position.js";
export { renderDiagnostic, renderDiagnostics, type RenderOptions } from "./diagnostics/render.js";
export { locate, locateFailures, type LocateOptions } from "./locate.js";
export type { InitializerEntry, NameKind, Names, Registry } from "./registry.js";
export type { Span } from "./syntax.js";
