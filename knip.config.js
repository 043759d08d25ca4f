// Dead code and dependencies that nobody uses. What is reachable is decided from the programs.

/** @type {import("knip").KnipConfig} */
export default {
  entry: [
    "src/main/*.ts",
    "src/dashboard/main.tsx",
    // Named in the configuration of Vite.
    "src/dashboard/visible-jsx/jsx-runtime.ts",
    "bin/prewarm",
    "tools/*.mjs",
    "tools/bootstrap/commands.mjs",
    "tools/gate/vitest-report.mjs",
    // Programs that tests start.
    "test/support/{embedded-host,process-daemon,terraform-daemon,killable-daemon,original-provider,ssh-proxy}.ts",
    // A program that the server starts when an agent is first asked for.
    "tools/build/agent-executable.mjs",
    "bench/*.ts",
    "chaos/*.ts",
    "mutations/main.ts",
  ],
  project: [
    "src/**/*.{ts,tsx}",
    "bin/*",
    "tools/**/*.{ts,mjs}",
    "test/**/*.ts",
    "bench/**/*.ts",
    "chaos/**/*.ts",
    "mutations/**/*.ts",
  ],
  // Named in a style sheet; read by its text in tests.
  ignoreDependencies: ["tailwindcss", "axe-core"],
  ignoreExportsUsedInFile: true,
  ignoreBinaries: [
    "promtool",
    "terraform",
    "mount",
    "umount",
    "mkfifo",
    "script",
    "pgrep",
    "sshfs",
    "ssh-agent",
    "ssh-add",
    "ssh-keygen",
    "jupyter-notebook",
    "dd",
    "truncate",
    "cmp",
  ],
  rules: {
    files: "error",
    dependencies: "error",
    devDependencies: "error",
    exports: "error",
    types: "error",
    duplicates: "error",
    unlisted: "error",
    unresolved: "error",
    binaries: "error",
  },
};
