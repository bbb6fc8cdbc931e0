#!/usr/bin/env node
import { LamellaError } from "../../std/errors.js";

const usage = `lamella COMMAND …

  install      makes the kernel known to Jupyter   [--user | --prefix FOLDER | --sys-prefix] [--name NAME] [--allow-shell]
  uninstall    the opposite                        [--user | --prefix FOLDER | --sys-prefix] [--name NAME]
  run          runs notebooks without Jupyter      lamella run --help
  check FILE   checks networks in the layer language
  emit FILE    prints the TypeScript they become
  fmt FILE     lays the rows out in columns        [--write]
  doctor       says what of this machine is used, and what more would bring
  bench        times products of matrices and LeNet on this machine
  kernel       what Jupyter starts                 [--allow-shell] CONNECTION_FILE`;

/** Each command is loaded when it is asked for: the kernel must start quickly. */
const commands: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  kernel: async (args) => (await import("./kernel-command.js")).kernelCommand(args),
  install: async (args) => (await import("./install-command.js")).installCommand(args),
  uninstall: async (args) => (await import("./install-command.js")).uninstallCommand(args),
  run: async (args) => (await import("../run/index.js")).runCommand(args),
  check: async (args) => (await import("./language-commands.js")).checkCommand(args),
  emit: async (args) => (await import("./language-commands.js")).emitCommand(args),
  fmt: async (args) => (await import("./language-commands.js")).formatCommand(args),
  bench: async (args) => (await import("./bench-command.js")).benchCommand(args),
  doctor: async () => (await import("./doctor-command.js")).doctorCommand(),
};

const [name = "--help", ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command !== undefined) {
  try {
    process.exitCode = await command(args);
  } catch (error) {
    const ours = error instanceof LamellaError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS") === true;
    console.error(`lamella ${name}: ${error instanceof Error ? (ours ? error.message : error.stack) : String(error)}`);
    process.exitCode = 2;
  }
} else if (name === "--help" || name === "-h" || name === "help") {
  console.log(usage);
} else if (name === "--version" || name === "version") {
  console.log((await import("./version.js")).version());
} else {
  console.error(`lamella: there is no command "${name}"\n\n${usage}`);
  process.exitCode = 2;
}
