import path from "node:path";
import { Client } from "../client/client.ts";
import { leasePollMsMax } from "../contracts/limits.ts";
import { systemClock } from "../platform/clock.ts";
import { ConfigError } from "../platform/config/config-error.ts";
import { parseFlags } from "../platform/config/config-flags.ts";
import { optionsHelp } from "../platform/config/options-help.ts";
import { loadConfig } from "../platform/config/load-config.ts";
import { createLogger } from "../platform/logger.ts";
import { systemRandom } from "../platform/random.ts";
import { startDaemon } from "../provisioner/daemon.ts";
import { makeDrivers } from "./make-drivers.ts";
import { parseTags, type ProvisionerConfig, provisionerOptions } from "./provisioner-options.ts";
import { reportFailure } from "./report-failure.ts";
import { packageVersion } from "./version.ts";

/** A call may take this much longer than the server holds it open. */
const callMarginMs = 30_000;

/**
 * `prewarm provisioner start`: a daemon apart from the server; runs until it is told to stop.
 * @returns the exit code: 0 stopped, 1 refused by the server, 2 usage.
 */
export async function runProvisioner(argv: readonly string[]): Promise<number> {
  try {
    const flags = parseFlags(provisionerOptions, argv);
    if (flags.isHelpWanted) {
      process.stdout.write(helpText());
      return 0;
    }
    const { configPath } = flags;
    const { values } = loadConfig(provisionerOptions, { flags: flags.flags, env: process.env, configPath });
    return await serve(values);
  } catch (error) {
    return reportFailure(error);
  }
}

function required(name: string, value: string | undefined, env: string): string {
  if (value !== undefined && value !== "") return value;
  throw new ConfigError([{ option: name, message: `${name} is required: set ${env}.` }]);
}

function tagsOf(config: ProvisionerConfig): Readonly<Record<string, string>> {
  const tags = parseTags(config.tags);
  if (tags !== undefined) return tags;
  const { name } = provisionerOptions.tags;
  throw new ConfigError([{ option: name, message: `${name} is "${config.tags}"; it must be like a=1,b=2.` }]);
}

async function serve(config: ProvisionerConfig): Promise<number> {
  const url = required("url", config.url, provisionerOptions.url.env);
  const token = required("provisioner.key", config.key, provisionerOptions.key.env);
  const root = path.resolve(config.dataDir);
  const logger = createLogger({ level: config.logLevel, format: config.logFormat, destination: process.stderr });
  const daemon = startDaemon({
    client: new Client({ url, token, timeoutMs: leasePollMsMax + callMarginMs }),
    name: config.name,
    incarnation: systemRandom.uuid(),
    ...makeDrivers(config.drivers, { root, logger, config }),
    concurrency: config.concurrency,
    tags: tagsOf(config),
    scratchDir: path.join(root, "scratch"),
    version: packageVersion(),
    logger,
    random: systemRandom,
    clock: systemClock,
  });
  const stopped = new Promise<number>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => resolve(0));
  });
  // A daemon that the server refuses has logged why; one whose server is away keeps trying.
  const refused = daemon.ready.then(
    () => stopped,
    () => 1,
  );
  const exitCode = await Promise.race([stopped, refused]);
  await daemon.stop({ graceMs: config.graceMs });
  return exitCode;
}

function helpText(): string {
  return [
    "Usage: prewarm provisioner start [options]",
    "",
    "Runs a provisioner daemon that takes jobs from a server, here or on another machine.",
    "Each option is taken from its flag, else its environment variable, else the YAML file of --config.",
    "",
    ...optionsHelp(provisionerOptions),
    "Example:",
    "  $ PREWARM_PROVISIONER_KEY=… prewarm provisioner start --url http://127.0.0.1:7080 --provisioner-name host-2",
    "",
  ].join("\n");
}
