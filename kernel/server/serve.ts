import { readConnection } from "../protocol/connection.js";
import { Kernel, type KernelOptions } from "./kernel.js";

/** Runs a kernel for a connection file until it is shut down, and ends the process. */
export async function serve(connectionFile: string, options: Omit<KernelOptions, "directory">): Promise<void> {
  const kernel = new Kernel(readConnection(connectionFile), { directory: process.cwd(), ...options });
  process.on("SIGINT", () => kernel.interrupt());
  process.on("SIGTERM", () => kernel.stop());
  process.on("uncaughtException", (error) => console.error(`lamella kernel: ${error.stack}`));
  process.on("unhandledRejection", (error) => console.error(`lamella kernel: ${error instanceof Error ? error.stack : String(error)}`));
  watchParent(() => kernel.stop());
  await kernel.serve();
  process.exit(0);
}

/** Jupyter gives its process id: when that process is gone without a goodbye, nobody will ever ask this kernel to stop. */
function watchParent(stop: () => void): void {
  const parent = Number(process.env["JPY_PARENT_PID"]);
  if (!Number.isInteger(parent) || parent <= 1) return;
  setInterval(() => {
    try {
      process.kill(parent, 0);
    } catch (error) {
      if ((error as { code?: string }).code === "ESRCH") stop();
    }
  }, 1_000).unref();
}
