import { execFileSync } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { LamellaError } from "../../std/errors.js";

/** Where a kernelspec goes. */
export type Place = { readonly kind: "user" } | { readonly kind: "prefix"; readonly prefix: string } | { readonly kind: "sys-prefix" };

/** The folder that holds the kernelspec folders, as Jupyter looks for them. */
export function kernelsFolder(place: Place): string {
  if (place.kind === "user") return join(userDataFolder(), "kernels");
  const prefix = place.kind === "prefix" ? place.prefix : pythonPrefix();
  return join(prefix, "share", "jupyter", "kernels");
}

/** Jupyter's data folder of this user. */
function userDataFolder(): string {
  const given = process.env["JUPYTER_DATA_DIR"];
  if (given !== undefined && given !== "") return given;
  if (process.platform === "darwin") return join(homedir(), "Library", "Jupyter");
  if (process.platform === "win32") return join(process.env["APPDATA"] ?? join(homedir(), "AppData", "Roaming"), "jupyter");
  return join(process.env["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share"), "jupyter");
}

/** The prefix of the Python environment that is active: of a virtual environment, of conda, or of `python3`. */
function pythonPrefix(): string {
  const active = process.env["VIRTUAL_ENV"] ?? process.env["CONDA_PREFIX"];
  if (active !== undefined && active !== "") return active;
  for (const python of ["python3", "python"]) {
    try {
      return execFileSync(python, ["-c", "import sys; print(sys.prefix)"], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
    } catch {
      // The next name may be there.
    }
  }
  throw new LamellaError("--sys-prefix needs Python, and none was found; use --prefix FOLDER to say where Jupyter lives");
}
