export { Comm, registerCommTarget } from "./comm.js";
export { clearOutput, display, DisplayHandle, html, markdown, svg } from "./display.js";
export type { Displayable } from "./display.js";
export { input, prompt } from "./input.js";
