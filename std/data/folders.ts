import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { LamellaError } from "../errors.js";

/**
 * Where downloads are kept: `LAMELLA_CACHE`, else the system's cache folder (`XDG_CACHE_HOME`, `~/.cache`,
 * `~/Library/Caches`, `%LOCALAPPDATA%`) with `lamella` below it.
 */
export function cacheFolder(): string {
  const { LAMELLA_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (LAMELLA_CACHE) return LAMELLA_CACHE;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, "lamella");
  if (process.platform === "win32") return join(LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), "lamella", "Cache");
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "lamella");
  return join(homedir(), ".cache", "lamella");
}

/**
 * The folder of the user's own data sets (`LAMELLA_DATA`), or null when none is set.
 * @throws LamellaError when it is set to something that is no folder.
 */
export function dataFolder(): string | null {
  const folder = process.env["LAMELLA_DATA"];
  if (folder === undefined || folder === "") return null;
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new LamellaError(
      `LAMELLA_DATA is set to "${folder}", which is no folder: set it to the folder that holds the data sets, or unset it`,
    );
  }
  return folder;
}

/** Where files of a data set may lie, the user's own folder first, each with the words for messages. */
export function placesOf(dataset: string): { readonly folder: string; readonly words: string }[] {
  const own = dataFolder();
  const places = [{ folder: join(cacheFolder(), dataset), words: "the cache" }];
  if (own === null) return places;
  return [{ folder: join(own, dataset), words: "LAMELLA_DATA" }, { folder: own, words: "LAMELLA_DATA" }, ...places];
}
