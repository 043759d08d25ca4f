import { defineConfig } from "vitest/config";

const shared = {
  exclude: ["node_modules/**", "dist/**"],
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // The files of a worker share its modules: loading them anew for each file took a third of the time.
  isolate: false,
};

// Suites that touch nothing but memory. Only the others wait for the run's PostgreSQL.
const pure = ["test/unit/**/*.test.ts", "test/property/**/*.test.ts", "tools/**/*.test.ts"];

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    projects: [
      { test: { ...shared, name: "pure", include: pure } },
      {
        test: {
          ...shared,
          name: "database",
          include: ["test/**/*.test.ts"],
          exclude: [...shared.exclude, ...pure],
          globalSetup: ["test/support/global-setup.ts"],
        },
      },
    ],
  },
});
