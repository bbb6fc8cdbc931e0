import { parseArgs } from "node:util";
import { LamellaError } from "../../std/errors.js";
import { serve } from "../server/serve.js";

export async function kernelCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: { "allow-shell": { type: "boolean" } } });
  const [file] = positionals;
  if (file === undefined)
    throw new LamellaError("the kernel needs the connection file that Jupyter writes; to run a notebook by hand, use `lamella run`");
  await serve(file, { allowShell: values["allow-shell"] ?? false });
  return 0;
}
