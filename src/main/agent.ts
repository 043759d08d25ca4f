import { readAgentConfig } from "../agent/agent-config.ts";
import { runAgent } from "../agent/run-agent.ts";
import { stderrLogger } from "../agent/stderr-logger.ts";
import { systemRandom } from "../platform/random.ts";

/** Told to the server with the agent's state. The bundler puts the release's version here. */
declare const PREWARM_VERSION: string | undefined;

const logger = stderrLogger((line) => process.stderr.write(line));
const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop.abort());
// A terminal that closes is no reason to end the workspace.
process.on("SIGHUP", () => {});

async function main(): Promise<void> {
  try {
    const config = readAgentConfig({
      environment: process.env,
      version: typeof PREWARM_VERSION === "string" ? PREWARM_VERSION : "development",
      logger,
      random: systemRandom,
    });
    await runAgent(config, stop.signal);
  } catch (error) {
    logger.error("the agent cannot run", { error });
    process.exitCode = 1;
  }
  process.exit();
}

// Not awaited at the top: the single executable is made from a module of the older format, which cannot wait there.
void main();
