import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { CodedError } from "../contracts/errors.ts";
import type { Logger } from "../platform/logger.ts";
import type { Random } from "../platform/random.ts";
import { CoderMode } from "./coder/coder-mode.ts";
import { type AgentTiming, agentTiming } from "./agent-timing.ts";
import { withKeptGivenBack } from "../contracts/shielded-variables.ts";

/** All that an agent needs to know before it has spoken to the server. */
export interface AgentConfig {
  readonly serverUrl: string;
  readonly token: string;
  readonly workspaceId: string;
  /** Home of the workspace's owner: hooks and commands start here. */
  readonly home: string;
  /** Where the agent remembers what it has done; survives its restart, not the workspace's deletion. */
  readonly stateFolder: string;
  /** Where the agent's key is kept, which it needs before it knows its name; `stateFolder` unless said. */
  readonly keyFolder?: string;
  /** The start build that this agent belongs to: its `start` hook runs once for each. */
  readonly startId: string;
  /** `prebuild` or `ordinary`: why the workspace was started. */
  readonly buildStage: string;
  /** What hooks and commands inherit: never the agent's own settings. */
  readonly baseEnvironment: Readonly<Record<string, string>>;
  /** How this program is started, without arguments: git starts it as its credential helper. */
  readonly program: readonly string[];
  /** Of an agent that Coder's templates have started. */
  readonly coder?: CoderMode;
  readonly version: string;
  readonly logger: Logger;
  readonly random: Random;
  readonly timing: AgentTiming;
}

/** What says to which start of which workspace an agent belongs. */
export type AgentIdentity = Pick<AgentConfig, "workspaceId" | "startId" | "buildStage">;

/** An agent's configuration as far as its environment says it: what is missing of its identity, the server is asked for. */
export interface AgentSettings extends Omit<AgentConfig, keyof AgentIdentity> {
  readonly said: { readonly [Name in keyof AgentIdentity]: string | undefined };
  /** Whether `stateFolder` was said to be this very agent's: else several agents have what lies in it in common. */
  readonly isStateFolderSaid: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that the agent itself reads. What it starts must not see them: among them is the way to its token. */
const ownVariables = [
  "PREWARM_AGENT_TOKEN_FILE",
  "PREWARM_AGENT_TOKEN",
  "PREWARM_AGENT_STATE",
  "PREWARM_START_ID",
  // Of an agent that this one may be started in.
  "PREWARM_CODER_PROGRAM",
  "PREWARM_CODER_FOLDER",
];

export interface AgentConfigOptions {
  readonly environment: Environment;
  readonly program: readonly string[];
  readonly version: string;
  readonly logger: Logger;
  readonly random: Random;
}

/** Reads the agent's configuration from its environment. Errors: `config_invalid`, with the variable's name. */
export function readAgentConfig(options: AgentConfigOptions): AgentSettings {
  const { environment } = options;
  const home = required(environment, "HOME");
  const [url, token] = [serverUrl(required(environment, "PREWARM_URL")), readToken(environment)];
  return {
    serverUrl: url,
    token,
    ...coderMode(options, url, token),
    said: {
      workspaceId: environment["PREWARM_WORKSPACE_ID"],
      startId: environment["PREWARM_START_ID"],
      buildStage: environment["PREWARM_BUILD_STAGE"],
    },
    home,
    stateFolder: environment["PREWARM_AGENT_STATE"] ?? `${home}/.prewarm`,
    isStateFolderSaid: environment["PREWARM_AGENT_STATE"] !== undefined,
    baseEnvironment: inherited(environment),
    program: options.program,
    version: options.version,
    logger: options.logger,
    random: options.random,
    timing: agentTiming,
  };
}

function required(environment: Environment, name: string): string {
  const value = environment[name];
  if (value !== undefined && value !== "") return value;
  throw new CodedError("config_invalid", `${name} is not set: the agent is started by a provisioner, which sets it.`);
}

function serverUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new CodedError("config_invalid", `PREWARM_URL is "${text}"; it must be an http or https address.`);
  }
  return text;
}

function readToken(environment: Environment): string {
  const file = environment["PREWARM_AGENT_TOKEN_FILE"];
  if (file === undefined) return required(environment, "PREWARM_AGENT_TOKEN");
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new CodedError("config_invalid", `PREWARM_AGENT_TOKEN_FILE names ${file}, which cannot be read.`, { cause });
  }
}

/** What the image or the template set for the workspace's programs, without what is the agent's own. */
function inherited(environment: Environment): Readonly<Record<string, string>> {
  const kept = withKeptGivenBack(environment);
  for (const name of ownVariables) delete kept[name];
  return kept;
}

/** The init script of Coder's templates says by this variable that it has started the agent. */
function coderMode(options: AgentConfigOptions, url: string, token: string): { readonly coder?: CoderMode } {
  if (options.environment["CODER_AGENT_AUTH"] === undefined) return {};
  const warn = (message: string, error: unknown): void => options.logger.warn(message, { error });
  return { coder: new CoderMode({ url, token, program: options.program, temporaryFolder: tmpdir(), warn }) };
}
