export * from "./arguments.js";
export * from "./definition.js";
export * from "./dimensions.js";
export * from "./edit-distance.js";
export * from "./explain.js";
export * from "./initializer-registry.js";
export type { Fans, Initializer } from "./initializers.js";
export * from "./layer-error.js";
export * from "./registry.js";
