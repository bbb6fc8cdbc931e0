import { parseArgs } from "node:util";
import { LamellaError } from "../../std/errors.js";
import { Compiler } from "../cells/compiler.js";

export async function kernelCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: { "allow-shell": { type: "boolean" } } });
  const [file] = positionals;
  if (file === undefined)
    throw new LamellaError("the kernel needs the connection file that Jupyter writes; to run a notebook by hand, use `lamella run`");
  // The compiler takes longest to be ready: it starts before the sockets are read from their package and opened.
  const compiler = new Compiler(process.cwd());
  const { serve } = await import("../server/serve.js");
  await serve(file, { allowShell: values["allow-shell"] ?? false, compiler });
  return 0;
}
