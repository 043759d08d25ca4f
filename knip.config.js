// Dead code and dependencies that nobody uses. What is reachable is decided from the programs in src/main; as long as
// a layer of the skeleton is empty there is no such program, and what waits for its user is a warning. With the last
// placeholder gone (the house rules see to that) all of it is an error.
import { existsSync, readdirSync } from "node:fs";

const isUnfinished = readdirSync(new URL("src", import.meta.url), { recursive: true }).some((file) =>
  String(file).endsWith("placeholder.ts"),
);
const programs = ["bench", "chaos", "sim"].filter((folder) => existsSync(new URL(folder, import.meta.url)));
const waiting = isUnfinished ? "warn" : "error";

/** @type {import("knip").KnipConfig} */
export default {
  entry: [
    "src/main/*.ts",
    "bin/prewarm",
    "tools/*.mjs",
    "tools/bootstrap/commands.mjs",
    "tools/gate/vitest-report.mjs",
    // Programs that tests start.
    "test/support/{embedded-host,process-daemon,terraform-daemon,killable-daemon}.ts",
    // A program that the server starts when an agent is first asked for.
    "tools/build/agent-executable.mjs",
    ...programs.map((folder) => `${folder}/*.ts`),
  ],
  project: [
    "src/**/*.{ts,tsx}",
    "bin/*",
    "tools/**/*.{ts,mjs}",
    "test/**/*.ts",
    ...programs.map((folder) => `${folder}/**/*.ts`),
  ],
  ignoreExportsUsedInFile: true,
  ignoreBinaries: ["promtool", "terraform", "mount", "umount"],
  rules: {
    files: waiting,
    dependencies: waiting,
    devDependencies: waiting,
    exports: waiting,
    types: waiting,
    duplicates: "error",
    unlisted: "error",
    unresolved: "error",
    binaries: "error",
  },
};
