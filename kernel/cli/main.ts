#!/usr/bin/env node
import { LamellaError } from "../../std/errors.js";

interface Command {
  /** What follows the name, a line on what it does, and its options. */
  readonly takes: string;
  readonly does: string;
  readonly help?: string;
  readonly run: (args: readonly string[]) => Promise<number>;
}

const places = `  --user            for this user (the default)
  --prefix FOLDER   in FOLDER/share/jupyter
  --sys-prefix      in the virtual environment that is active
  --name NAME       under another name than "lamella"`;

/** Each command is loaded when it is asked for: the kernel must start quickly. */
const commands: Readonly<Record<string, Command>> = {
  install: {
    takes: "[OPTIONS]",
    does: "makes the kernel known to Jupyter",
    help: `${places}\n  --allow-shell     lets cells run shell commands with !COMMAND`,
    run: async (args) => (await import("./install-command.js")).installCommand(args),
  },
  uninstall: {
    takes: "[OPTIONS]",
    does: "the opposite of install",
    help: places,
    run: async (args) => (await import("./install-command.js")).uninstallCommand(args),
  },
  run: {
    takes: "NOTEBOOK.ipynb …",
    does: "runs notebooks without Jupyter",
    run: async (args) => (await import("../run/index.js")).runCommand(args),
  },
  check: {
    takes: "FILE.lamella …",
    does: "checks networks in the layer language",
    help: `  --json   prints one object: by file, its nets and its mistakes

Exit code: 0 when there are no mistakes, 1 when there are some, 2 when a file cannot be read.`,
    run: async (args) => (await import("./language-commands.js")).checkCommand(args),
  },
  emit: {
    takes: "FILE.lamella …",
    does: "prints the TypeScript that networks become",
    run: async (args) => (await import("./language-commands.js")).emitCommand(args),
  },
  fmt: {
    takes: "FILE.lamella …",
    does: "lays rows out in columns and prints them",
    help: "  --write   puts the result into the file instead",
    run: async (args) => (await import("./language-commands.js")).formatCommand(args),
  },
  doctor: {
    takes: "",
    does: "says what of this machine is used, and what more would bring",
    run: async () => (await import("./doctor-command.js")).doctorCommand(),
  },
  bench: {
    takes: "",
    does: "times products of matrices and LeNet on this machine",
    run: async (args) => (await import("./bench-command.js")).benchCommand(args),
  },
  kernel: {
    takes: "CONNECTION_FILE",
    does: "what Jupyter starts",
    help: "  --allow-shell   lets cells run shell commands with !COMMAND",
    run: async (args) => (await import("./kernel-command.js")).kernelCommand(args),
  },
};

const usage = `lamella COMMAND …

${Object.entries(commands)
  .map(([name, { takes, does }]) => `  ${`${name} ${takes}`.padEnd(26)}${does}`)
  .join("\n")}

lamella COMMAND --help says what a command takes.`;

const [name = "--help", ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
// `run` has a page of help of its own.
if (command !== undefined && name !== "run" && args.some((arg) => arg === "--help" || arg === "-h")) {
  const { takes, does, help } = command;
  console.log([`${`lamella ${name} ${takes}`.trimEnd()}: ${does}`, ...(help === undefined ? [] : [help])].join("\n\n"));
} else if (command !== undefined) {
  try {
    process.exitCode = await command.run(args);
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
