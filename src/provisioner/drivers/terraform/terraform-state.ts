import { gunzipSync, gzipSync } from "node:zlib";
import { type Kept, readKept } from "./coder/kept-instances.ts";
import { fieldsOf, itemsOf, textOf } from "./json-fields.ts";

/** What an agent was given when its workspace was started: a claim build gives it again, so nothing changes. */
export interface AgentSecret {
  readonly id: string;
  readonly name: string;
  readonly token: string;
  readonly bootstrap: string;
}

/** A resource whose creation had begun when Terraform was killed: its state does not know it, and it may exist. */
export interface UnfinishedCreation {
  readonly address: string;
  readonly module: string;
  readonly type: string;
  readonly name: string;
  readonly index: string | number | null;
  readonly provider: string;
  /** The planned attributes where they are enough to destroy it (`unfinished.ts`); null for other types. */
  readonly values: Readonly<Record<string, unknown>> | null;
}

/** What the driver stores of a workspace on the server. It holds secrets, as Terraform's own state does. */
export interface TerraformState {
  readonly driver: "terraform";
  readonly formatVersion: 1;
  /** False once all of it has been destroyed. */
  readonly exists: boolean;
  /** `job/attempt` that wrote it. */
  readonly attempt: string;
  /** Which daemon's folder has the scratch directory, by the id of its root, and where in it. */
  readonly rootId: string;
  readonly folder: string;
  /** Terraform's state file, gzipped, in base64; null before there is one. */
  readonly tfstate: string | null;
  /** `.terraform.lock.hcl` with which it was made; null when only built-in providers are used. */
  readonly lockFile: string | null;
  readonly agents: readonly AgentSecret[];
  readonly unfinished: readonly UnfinishedCreation[];
  /** What a claim has left as it was, while it is there; null otherwise. */
  readonly kept: Kept | null;
}

export function packTfstate(text: string): string {
  return gzipSync(text).toString("base64");
}

export function unpackTfstate(packed: string): string {
  return gunzipSync(Buffer.from(packed, "base64")).toString("utf8");
}

/** The state that was stored before; null for none, and for one of another driver. */
export function readTerraformState(value: unknown): TerraformState | null {
  const fields = fieldsOf(value);
  if (fields["driver"] !== "terraform" || fields["formatVersion"] !== 1) return null;
  return {
    driver: "terraform",
    formatVersion: 1,
    exists: fields["exists"] === true,
    attempt: textOf(fields["attempt"]),
    rootId: textOf(fields["rootId"]),
    folder: textOf(fields["folder"]),
    tfstate: textOf(fields["tfstate"]) || null,
    lockFile: textOf(fields["lockFile"]) || null,
    agents: itemsOf(fields["agents"]).map(fieldsOf).map(agentOf),
    unfinished: itemsOf(fields["unfinished"]).map(fieldsOf).map(unfinishedOf),
    kept: readKept(fields["kept"]),
  };
}

function agentOf(fields: Readonly<Record<string, unknown>>): AgentSecret {
  return {
    id: textOf(fields["id"]),
    name: textOf(fields["name"]),
    token: textOf(fields["token"]),
    bootstrap: textOf(fields["bootstrap"]),
  };
}

function unfinishedOf(fields: Readonly<Record<string, unknown>>): UnfinishedCreation {
  const index = fields["index"];
  return {
    address: textOf(fields["address"]),
    module: textOf(fields["module"]),
    type: textOf(fields["type"]),
    name: textOf(fields["name"]),
    index: typeof index === "string" || typeof index === "number" ? index : null,
    provider: textOf(fields["provider"]),
    values: fields["values"] === null || fields["values"] === undefined ? null : fieldsOf(fields["values"]),
  };
}
