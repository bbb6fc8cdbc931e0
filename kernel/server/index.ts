export { History } from "./history.js";
export { Kernel } from "./kernel.js";
