import { createHash } from "node:crypto";
import type { Diagnostic } from "../protocol/diagnostic.ts";
import { problem } from "../protocol/diagnostic.ts";
import type { ProviderState } from "../calls/provider-state.ts";
import { accessUrlOf } from "../calls/provider-state.ts";
import { entryOf, type JobFacts } from "../job-facts.ts";
import { fieldOf, type Fields, textOf, type Value } from "../values/value.ts";
import { presetProblems } from "../rules/preset-rules.ts";
import { presetConfig } from "./preset-config.ts";
import { readOwner } from "./read-owner.ts";
import { readParameter, ruleDiagnostic } from "./read-parameter.ts";
import { readWorkspace } from "./read-workspace.ts";

export interface DataRead {
  /** Over what the configuration says. */
  readonly computed: Fields;
  readonly problems?: readonly Diagnostic[];
}

type Reader = (config: Fields, state: ProviderState) => DataRead;

/** How each data source is read (spec §2); the configuration comes with its defaults, and nothing of it is unknown. */
const readers: Readonly<Record<string, Reader>> = {
  coder_workspace: (_, state) => readWorkspace(state.facts, accessUrlOf(state)),
  coder_workspace_owner: (_, { facts }) => readOwner(facts),
  coder_provisioner: (_, { facts }) => ({
    computed: { id: stableId(facts, "provisioner"), os: facts.host.os, arch: facts.host.arch },
  }),
  coder_workspace_tags: (_, { facts }) => ({ computed: { id: stableId(facts, "tags") } }),
  coder_script_order: (config, { facts }) => ({
    computed: { id: stableId(facts, `script order ${JSON.stringify(fieldOf(config, "rule"))}`) },
  }),
  coder_task: (_, { facts }) => ({ computed: { id: stableId(facts, "task"), prompt: "", enabled: false } }),
  coder_external_auth: (config, { facts }) => ({ computed: { access_token: linkedToken(facts, config) } }),
  coder_git_auth: (config, { facts }) => ({ computed: { access_token: linkedToken(facts, config) } }),
  coder_secret: (config, { facts }) => readSecret(config, facts),
  coder_parameter: (config, { facts }) =>
    readParameter(config, facts, stableId(facts, `parameter ${textOf(config, "name")}`)),
  coder_workspace_preset: (config) => ({
    computed: { id: textOf(config, "name") },
    problems: presetProblems(presetConfig(config)).map(ruleDiagnostic),
  }),
};

/** Errors: a type that no reader knows, which the schema then does not have either. */
export function readData(type: string, config: Fields, state: ProviderState): DataRead {
  const reader = entryOf(readers, type);
  if (reader === undefined) throw new Error(`There is no data source ${type}.`);
  return reader(config, state);
}

/**
 * A UUID of the thing in this workspace, where the real provider makes a new one with every read: a template that puts it
 * into a resource then does not change with every build.
 */
function stableId({ workspace }: JobFacts, thing: string): string {
  const hash = createHash("sha256").update(`${workspace.id} ${thing}`).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x80, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}

function linkedToken({ externalAuthTokens }: JobFacts, config: Fields): Value {
  return entryOf(externalAuthTokens, textOf(config, "id")) ?? "";
}

/** A lost secret must not make a workspace undeletable: only a start needs it (spec §2.8). */
function readSecret(config: Fields, facts: JobFacts): DataRead {
  const [kind, name] =
    fieldOf(config, "env") === null ? ["file", textOf(config, "file")] : ["env", textOf(config, "env")];
  const value = entryOf(kind === "env" ? facts.secretEnvs : facts.secretFiles, name);
  const isNeeded = facts.buildId !== undefined && facts.transition === "start" && !facts.secretsMayBeMissing;
  const missing = problem([kind], `The secret ${kind}:${name} is missing`, textOf(config, "help_message"));
  return {
    computed: { id: `${kind}:${name}`, value: value ?? "" },
    problems: value === undefined && isNeeded ? [missing] : [],
  };
}
