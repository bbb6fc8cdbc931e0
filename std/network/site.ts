/** Where in the text that defines a network a call stands: what an error is traced back to. Lines and columns from 1. */
export interface Site {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * The place that called `callee`, or null when the engine gives none. Only the one frame is read, so this costs microseconds.
 */
export function callSite(callee: (...values: never[]) => unknown): Site | null {
  const { stackTraceLimit } = Error;
  // oxlint-disable-next-line typescript/unbound-method -- put back as it was, never called
  const { prepareStackTrace } = Error;
  const holder: { stack?: unknown } = {};
  Error.stackTraceLimit = 1;
  Error.prepareStackTrace = (_error, frames) => frames;
  try {
    Error.captureStackTrace(holder, callee);
    const frame = (holder.stack as NodeJS.CallSite[])[0];
    return frame === undefined ? null : siteOf(frame);
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function siteOf(frame: NodeJS.CallSite): Site | null {
  const file = frame.getScriptNameOrSourceURL() ?? frame.getFileName();
  const line = frame.getLineNumber();
  const column = frame.getColumnNumber();
  return file === null || file === undefined || line === null || column === null ? null : { file, line, column };
}
