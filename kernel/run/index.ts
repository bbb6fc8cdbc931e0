export { runCommand, runUsage } from "./command.js";
export { runNotebook, type RunOptions, type RunResult } from "./run-notebook.js";
export { formatNotebook, parseNotebook, type Notebook, type NotebookCell, type NotebookOutput } from "./notebook.js";
export { renderPage } from "./html/page.js";
