import { existsSync, realpathSync, writeSync } from "node:fs";
import path from "node:path";
import { readAgentConfig } from "../agent/agent-config.ts";
import { coderLog } from "../agent/coder/coder-log.ts";
import { runCoder } from "../agent/coder/coder-program.ts";
import { systemWorld } from "../agent/coder/coder-world.ts";
import { gitCredentialArgument, runCredentialProgram } from "../agent/git/credential-program.ts";
import { identifyAgent } from "../agent/identify-agent.ts";
import { runAgent } from "../agent/run-agent.ts";
import { stderrLogger } from "../agent/stderr-logger.ts";
import { systemRandom } from "../platform/random.ts";

/** Told to the server with the agent's state. The bundler puts the release's version here. */
declare const PREWARM_VERSION: string | undefined;

/** Set by the init script of Coder's templates. */
const isCoderMode = process.env["CODER_AGENT_AUTH"] !== undefined;
const sayToo = isCoderMode ? coderLog() : (): void => {};
const logger = stderrLogger((line) => {
  process.stderr.write(line);
  sayToo(line);
});
const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop.abort());
// A terminal that closes is no reason to end the workspace.
process.on("SIGHUP", () => {});

/** As `prewarm agent` it has that word before its own. */
const ownWord = process.argv[2] === "agent" ? ["agent"] : [];
const words = process.argv.slice(2 + ownWord.length);

/** How this very program is started: a single executable is its own script. */
function ownProgram(): readonly string[] {
  const script = path.resolve(process.argv[1] ?? "");
  const isSingle = !existsSync(script) || realpathSync(script) === realpathSync(process.execPath);
  return isSingle ? [process.execPath] : [process.execPath, ...process.execArgv, script, ...ownWord];
}

async function main(): Promise<void> {
  try {
    if (words[0] === gitCredentialArgument) {
      return await runCredentialProgram({
        arguments: words.slice(1),
        stdin: process.stdin,
        print: (text) => writeSync(1, text),
        complain: (text) => writeSync(2, text),
      });
    }
    if (words[0] === "coder") process.exit(await runCoder(words.slice(1), systemWorld(process.env)));
    const settings = readAgentConfig({
      environment: process.env,
      program: ownProgram(),
      version: typeof PREWARM_VERSION === "string" ? PREWARM_VERSION : "development",
      logger,
      random: systemRandom,
    });
    const config = await identifyAgent(settings, stop.signal);
    if (config !== null) await runAgent(config, stop.signal);
  } catch (error) {
    logger.error("the agent cannot run", { error });
    process.exitCode = 1;
  }
  process.exit();
}

// Not awaited at the top: the single executable is made from a module of the older format, which cannot wait there.
export const ended: Promise<void> = main();
