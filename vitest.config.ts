import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**", "node_modules/**", "dist/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Sessions, workers and sockets are processes of their own: more files at once than cores only makes them wait.
    maxWorkers: 2,
  },
});
