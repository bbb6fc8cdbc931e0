import { spawn } from "node:child_process";
import { performance } from "node:perf_hooks";
import { magics } from "../../cells/magics.js";
import type { guard, guardItems } from "./guards.js";
import type { CellModules } from "./modules.js";

/** What the scripts made from cells call; they know it as `__lamella__`. */
export interface CellRuntime {
  readonly guard: typeof guard;
  readonly guardItems: typeof guardItems;
  readonly import: CellModules["import"];
  readonly meta: CellModules["meta"];
  /** Keeps the value of the cell's last expression. */
  result(value: unknown): void;
  catch(thrown: unknown): void;
  /** `%env`, `%env NAME`, `%env NAME=value`. */
  env(text: string): void;
  help(): void;
  shell(command: string): Promise<void>;
}

export function environmentMagic(text: string): void {
  const [, name, value] = /^\s*([A-Za-z_]\w*)?\s*(?:[=\s]\s*(.*))?$/.exec(text) ?? [];
  if (name === undefined) {
    for (const key of Object.keys(process.env).toSorted()) console.log(`${key}=${process.env[key]}`);
  } else if (value === undefined || value === "") {
    console.log(process.env[name] ?? `${name} is not set`);
  } else {
    process.env[name] = value.trim().replace(/^(["'])(.*)\1$/, "$2");
    console.log(`${name}=${process.env[name]}`);
  }
}

export const helpText = `A cell is TypeScript, or the layer language when it starts with net, block, train, show, load or save,
or with let lines before one of these.

${magics.map(({ text, takes, does }) => `  ${`${text} ${takes}`.padEnd(22)}${does}`).join("\n")}
  !COMMAND              runs a shell command (kernels installed with --allow-shell)

  display(value)        shows a value now; .update(next) replaces it
  clearOutput()         removes the cell's output
  await input("name?")  asks for a line of text; prompt("name?") does so without await

Press Tab to complete and Shift+Tab for the documentation of what is under the cursor.`;

/** Runs a command in the system's shell; what it prints is shown while it runs. An interrupt ends it. */
export function shellMagic(command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
    running.add(child);
    child.stdout.on("data", (chunk: Buffer) => process.stdout.write(chunk));
    child.stderr.on("data", (chunk: Buffer) => process.stderr.write(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      running.delete(child);
      if (code === 0) resolve();
      else reject(new Error(`\`${command}\` ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}

const running = new Set<ReturnType<typeof spawn>>();

/** Ends the shell commands that still run. */
export function stopShellCommands(): void {
  for (const child of running) child.kill("SIGINT");
}

/** Starts a clock; calling what it returns writes the wall time and the CPU time since. */
export function startClock(): () => void {
  const start = performance.now();
  const cpu = process.cpuUsage();
  return () => {
    const wall = performance.now() - start;
    const used = process.cpuUsage(cpu);
    console.log(`Wall time: ${duration(wall)}   CPU time: ${duration((used.user + used.system) / 1000)}`);
  };
}

function duration(milliseconds: number): string {
  if (milliseconds < 1) return `${(milliseconds * 1000).toFixed(0)} µs`;
  if (milliseconds < 1000) return `${milliseconds.toPrecision(3)} ms`;
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
