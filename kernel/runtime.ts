/** What the process of a session runs, as one script (`runtime-script.ts`): the package, and the session's own code. */
export * as lamella from "./lamella.js";
export { startSession } from "./session/child/session.js";
