import { spawn } from "node:child_process";
import { copyFile, open, stat, truncate } from "node:fs/promises";
import { CodedError } from "../../../contracts/errors.ts";
import { workspaceVariable } from "./end-processes.ts";
import { withoutNpm } from "../../host/without-npm.ts";
import { processIdentity } from "../../host/process-table.ts";
import type { AgentRecord, WorkspacePaths, WorkspaceRecord } from "./workspace-record.ts";
import { makeFolder } from "../../../platform/make-folder.ts";

/** An agent's own log is cut to the file before it when it grows beyond this. */
export const agentLogBytesMax = 1_048_576;

/** The variable by which an agent is told from what it has started: it is not handed on. */
export const agentVariable = "PREWARM_AGENT_TOKEN_FILE";

export interface LaunchOptions {
  readonly paths: WorkspacePaths;
  readonly record: WorkspaceRecord;
  readonly agent: AgentRecord;
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Of the daemon's own environment only the path, the language and the terminal are handed on. */
  readonly hostEnvironment: Readonly<Record<string, string | undefined>>;
  readonly onExit: () => void;
}

/**
 * Starts an agent in a session of its own, so that it outlives the daemon.
 * Errors: `build_failed` when the program cannot be started.
 */
export async function launchAgent(options: LaunchOptions): Promise<NonNullable<AgentRecord["process"]>> {
  const own = options.paths.agent(options.agent.name);
  makeFolder(own.folder, 0o700);
  const log = await open(own.log, "a", 0o600);
  try {
    const [program = "", ...rest] = options.command;
    const child = spawn(program, rest, {
      cwd: options.paths.home,
      env: agentEnvironment(options),
      stdio: ["ignore", log.fd, log.fd],
      detached: true,
      // Node clears the daemon's further groups when it changes the account.
      ...(options.record.account === undefined ? {} : { uid: options.record.account, gid: options.record.account }),
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (cause) =>
        reject(new CodedError("build_failed", `The agent cannot be started: ${cause.message}.`, { cause })),
      );
    });
    child.once("exit", options.onExit);
    child.unref();
    const processId = child.pid ?? 0;
    // It may have ended already: then nothing will ever match, and it is started again.
    return { processId, identity: processIdentity(processId) ?? "ended at once" };
  } finally {
    await log.close();
  }
}

function agentEnvironment({ paths, record, agent, hostEnvironment }: LaunchOptions): Record<string, string> {
  const own = paths.agent(agent.name);
  const environment: Record<string, string> = {
    HOME: paths.home,
    PREWARM_URL: record.accessUrl,
    [agentVariable]: own.token,
    PREWARM_AGENT_STATE: own.state,
    PREWARM_START_ID: record.startId,
    PREWARM_BUILD_STAGE: record.buildStage,
    PREWARM_TEMPLATE_FOLDER: paths.template,
    [workspaceVariable]: record.workspaceId,
  };
  for (const name of ["PATH", "LANG", "TERM"]) {
    const value = hostEnvironment[name];
    if (value !== undefined) environment[name] = name === "PATH" ? withoutNpm(value) : value;
  }
  return environment;
}

/** Keeps an agent's log bounded: the agent appends, so the file can be cut while it is written. */
export async function rotateLog(file: string): Promise<void> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  if (size <= agentLogBytesMax) return;
  await copyFile(file, `${file}.1`);
  await truncate(file, 0);
}
