import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/e2e/**/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    // One at a time: each starts Jupyter, Chromium or training runs of its own on two cores.
    fileParallelism: false,
  },
});
