import { type Static, Type } from "typebox";
import { nameLengthMax, parameterValueLengthMax } from "./limits.ts";

/**
 * What an agent is to run and to show, as a build has told it: in templates that are written for Coder these values
 * depend on the owner and on the parameters, so they belong to a build and not to the version.
 */

export const agentScriptsMax = 100;
export const agentScriptNameLengthMax = 128;
export const agentScriptLengthMax = 65_536;
export const agentMetadataMax = 64;
export const agentEnvMax = 500;

export const AgentScript = Type.Object({
  /** The same in each build of a start, a claim included; its data folder in the workspace is named by it. */
  id: Type.String({ minLength: 1, maxLength: 64, pattern: "^[A-Za-z0-9_-]+$" }),
  /** For people, and the source of its lines in the log. */
  name: Type.String({ minLength: 1, maxLength: agentScriptNameLengthMax }),
  icon: Type.String({ maxLength: 256 }),
  /** Begins with `#!` where another program than the user's shell is to read it. */
  run: Type.String({ maxLength: agentScriptLengthMax }),
  onStart: Type.Boolean(),
  onStop: Type.Boolean(),
  /** Six fields, seconds first; the last may be left out. Null: it runs at no times. */
  cron: Type.Union([Type.Null(), Type.String({ maxLength: 256 })]),
  /** Null: it may take as long as it takes. */
  timeoutMs: Type.Union([Type.Null(), Type.Integer({ minimum: 1 })]),
  /** Where its output goes as well: absolute, below `~`, or below `/tmp`; empty for nowhere. */
  logPath: Type.String({ maxLength: 1_024 }),
  blocksLogin: Type.Boolean(),
});
export type AgentScript = Static<typeof AgentScript>;

export const AgentMetadataItem = Type.Object({
  key: Type.String({ minLength: 1, maxLength: 128 }),
  name: Type.String({ maxLength: 128 }),
  run: Type.String({ maxLength: agentScriptLengthMax }),
  intervalMs: Type.Integer({ minimum: 1_000 }),
  timeoutMs: Type.Integer({ minimum: 1 }),
  order: Type.Integer(),
});
export type AgentMetadataItem = Static<typeof AgentMetadataItem>;

export const AgentSettings = Type.Object({
  /** Where sessions and scripts begin: absolute, or below the home; empty for the home itself. */
  directory: Type.String({ maxLength: 1_024 }),
  /** Already merged: what the agent's own block says goes before the rest. */
  env: Type.Record(Type.String(), Type.String({ maxLength: parameterValueLengthMax })),
  /** A file of the workspace that is shown at a login; empty for none. */
  motdFile: Type.String({ maxLength: 1_024 }),
  scripts: Type.Array(AgentScript, { maxItems: agentScriptsMax }),
  metadata: Type.Array(AgentMetadataItem, { maxItems: agentMetadataMax }),
});
export type AgentSettings = Static<typeof AgentSettings>;

/** Of one agent of a build. */
export const BuiltAgent = Type.Object({
  name: Type.String({ minLength: 1, maxLength: nameLengthMax }),
  settings: AgentSettings,
});
export type BuiltAgent = Static<typeof BuiltAgent>;
