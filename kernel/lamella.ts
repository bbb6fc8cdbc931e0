// The package: `import { … } from "lamella"` gives this, and every name here stands in a notebook's cells without an import.
export * from "../std/index.js";
