import type { TypeSchema } from "../schema/schema-shape.ts";
import { conformBlock } from "../values/conform.ts";
import type { Fields } from "../values/value.ts";
import { readJson } from "./dynamic-value.ts";

/**
 * A stored resource in today's shape: what the schema does not have is left out, what is missing is null. So a workspace
 * may move between the real provider and ours, with its ids and tokens (spec §9.2). Null where there is nothing.
 * Errors: a state that is no JSON, as Terraform before 0.12 wrote it.
 */
export function upgradeState({ block }: TypeSchema, rawState: unknown): Fields | null {
  const { json } = (rawState ?? {}) as { readonly json?: Uint8Array };
  if (json === undefined || json.length === 0)
    throw new Error("The state is older than Terraform 0.12, which nobody reads any more.");
  const stored = readJson(json);
  return stored === null ? null : conformBlock(block, stored);
}
