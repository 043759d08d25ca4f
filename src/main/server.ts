import path from "node:path";
import { administratorUsername } from "../app/identity/first-run.ts";
import { renderSetupLink } from "../contracts/setup-link.ts";
import { pushTemplate } from "../app/templates/push-template.ts";
import { packFolder } from "../platform/archive/pack-folder.ts";
import { parseFlags } from "../platform/config/config-flags.ts";
import { optionsHelp } from "../platform/config/options-help.ts";
import { liveServerConfig } from "../platform/config/live-options.ts";
import { loadConfig } from "../platform/config/load-config.ts";
import { serverOptions } from "../platform/config/server-options.ts";
import { createDisposers } from "../platform/disposers.ts";
import { createLogger, type Logger } from "../platform/logger.ts";
import { shellWord } from "../contracts/shell-word.ts";
import { administratorActor } from "./administrator-actor.ts";
import { startBuiltinDaemon } from "./builtin-daemon.ts";
import { reportFailure } from "./report-failure.ts";
import { keepSetupLink } from "./setup-link-file.ts";
import { serverDefaults } from "./server-defaults.ts";
import { type RunningServer, startServer } from "./start-server.ts";
import { packageRoot } from "./version.ts";

const starterTemplate = "starter";
/** A second signal within this time is the first one again: npm and the terminal both send it. */
const sameSignalMs = 1_000;

/**
 * `prewarm server`: runs until it is told to stop.
 * @returns the exit code: 0 stopped, 1 failed, 2 usage.
 */
export async function runServer(argv: readonly string[]): Promise<number> {
  let logger: Logger | undefined;
  try {
    const flags = parseFlags(serverOptions, argv);
    if (flags.isHelpWanted) {
      process.stdout.write(helpText());
      return 0;
    }
    const loaded = loadConfig(serverOptions, {
      flags: flags.flags,
      env: process.env,
      ...(flags.configPath === undefined ? {} : { configPath: flags.configPath }),
      defaults: serverDefaults,
    });
    const { sources } = loaded;
    const settings = liveServerConfig(loaded, serverDefaults);
    const config = settings.values;
    logger = createLogger({ level: config.logLevel, format: config.logFormat, destination: process.stderr });
    const disposers = createDisposers(logger);
    const stop = stopSignal(logger);
    try {
      const server = await startServer({
        config,
        settings,
        isDataDirChosen: sources.dataDir !== "default",
        administratorPassword: process.env["PREWARM_ADMIN_PASSWORD"] || null,
        logger,
        disposers,
        onFatal: stop.fail,
      });
      const link = setupLinkOf(server);
      // At once: who waits for the server's answer and then sets it up by a script shall find it.
      keepSetupLink(link, { dataDir: server.dataDir, logger });
      if (config.provisionerBuiltin) await startBuiltinDaemon({ server, config, logger, disposers });
      if (server.firstRun.isFirst) await publishStarter(server);
      announce(server, { link, isDataDirChosen: sources.dataDir !== "default" });
      const code = await stop.asked;
      if (code === 0) server.leave();
      return code;
    } finally {
      await disposers.disposeAll();
    }
  } catch (error) {
    return reportFailure(error);
  }
}

/** The example that a first run starts with, so that there is a pool to look at. */
async function publishStarter(server: RunningServer): Promise<void> {
  const { administrator } = server.firstRun;
  if (administrator === null) return;
  const { bytes } = await packFolder(path.join(packageRoot, "templates", starterTemplate));
  await pushTemplate(server.context, administratorActor(administrator.id), {
    template: starterTemplate,
    archive: Buffer.from(bytes),
  });
}

/** What sets the first password, once; null when there is one. */
function setupLinkOf({ accessUrl: url, firstRun: { setupSecret: secret } }: RunningServer): string | null {
  return secret === null ? null : renderSetupLink({ url, secret });
}

interface Announcing {
  readonly link: string | null;
  /** Whether somebody said where the data folder is, which the command line cannot know. */
  readonly isDataDirChosen: boolean;
}

function announce(server: RunningServer, { link, isDataDirChosen }: Announcing): void {
  const lines = [
    "",
    `  Prewarm is ready at ${server.accessUrl}`,
    `  Database   ${server.database}`,
    `  Data       ${server.dataDir}`,
    `  API        ${server.accessUrl}/api/docs`,
  ];
  const { administrator } = server.firstRun;
  const { accessUrl: url, dataDir } = server;
  const username = administrator?.username ?? administratorUsername;
  if (link === null)
    lines.push("", `  Sign in: open it in a browser, or bin/prewarm login ${url} --username ${username}`);
  else lines.push("", ...setUpLines({ link, username, dataDir: isDataDirChosen ? dataDir : null }));
  lines.push("  Stop with Ctrl-C.", "", "");
  process.stdout.write(lines.join("\n"));
}

interface SetUp {
  readonly link: string;
  readonly username: string;
  /** Null where `prewarm setup` finds it by itself. */
  readonly dataDir: string | null;
}

/** Both ways, as a host without a browser is as common as one with it. */
function setUpLines({ link, username, dataDir }: SetUp): readonly string[] {
  const where = dataDir === null ? "" : ` --data-dir ${shellWord(dataDir)}`;
  return [
    `  Set the password of the administrator (${username}) once, within 24 hours, in a browser, which goes on from there:`,
    `  ${link}`,
    "  or in a terminal on this host:",
    `  bin/prewarm setup${where}`,
    "",
  ];
}

interface StopSignal {
  readonly asked: Promise<number>;
  fail(reason: string): void;
}

function stopSignal(logger: Logger): StopSignal {
  let stop: (code: number) => void = () => undefined;
  const asked = new Promise<number>((resolve) => {
    stop = resolve;
  });
  let first: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (first !== undefined && now - first > sameSignalMs) process.exit(1);
    if (first !== undefined) return;
    first = now;
    logger.info("stopping; running workspaces go on", { signal });
    stop(0);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    asked,
    fail: (reason) => {
      logger.error("the server cannot go on", { reason });
      stop(1);
    },
  };
}

function helpText(): string {
  return [
    "Usage: prewarm server [options]",
    "",
    "Runs the control plane, with an embedded PostgreSQL unless --pg-url names another.",
    "Each option is taken from its flag, else its environment variable, else the YAML file of --config.",
    "",
    ...optionsHelp(serverOptions, serverDefaults),
    "PREWARM_ADMIN_PASSWORD sets the administrator's password at the first start.",
    "",
    "Example: prewarm server --http-port 8080 --data-dir /var/lib/prewarm",
    "",
  ].join("\n");
}
