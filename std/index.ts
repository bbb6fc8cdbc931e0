// The runtime and standard library: everything a cell, a script or the layer language's output may use.
export * from "./errors.js";
export * from "./tensor/index.js";
export * from "./engine/index.js";
export * from "./network/index.js";
export * from "./train/index.js";
export * from "./data/index.js";
export * from "./view/index.js";
export * from "./io/index.js";
export * from "./zoo/index.js";
