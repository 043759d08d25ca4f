// The command `coder` inside a workspace: a program of its own, as scripts of a workspace call it every few seconds.
import { runCoder } from "../agent/coder/coder-program.ts";
import { systemWorld } from "../agent/coder/coder-world.ts";

// Not awaited at the top, as it is a module of the older format where it runs.
export const ended: Promise<void> = runCoder(process.argv.slice(2), systemWorld(process.env)).then((code) =>
  process.exit(code),
);
