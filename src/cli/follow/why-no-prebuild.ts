import type { Client } from "../../client/client.ts";
import type { CreatedWorkspace } from "../../contracts/api/workspaces.ts";
import type { MissReason } from "../../contracts/states.ts";
import type { Invocation } from "../invocation.ts";
import { printable } from "../output/printable.ts";

/** Misses whose cause only the pool itself knows. */
const causedByPool: ReadonlySet<MissReason> = new Set(["pool_empty", "none_ready", "all_expired", "draining"]);
/** For the answer: whoever waits for a workspace does not wait for its explanation. */
const askMs = 2_000;
/** How the sentences begin that say which pool it is, and when it was decided: of no interest here. */
const passedOver = /^(Preset |Decided at |Nothing is to be done)/;

/** Why the pool had nothing to give, in its own words; null when that is no matter of the pool, or cannot be had. */
export async function whyNoPrebuild(
  client: Client,
  { workspace, missReason }: Pick<CreatedWorkspace, "workspace" | "missReason">,
  { organization }: Pick<Invocation, "organization">,
): Promise<string | null> {
  if (missReason === null || !causedByPool.has(missReason) || workspace.preset === null) return null;
  const params = { template: workspace.template, preset: workspace.preset };
  try {
    const signal = AbortSignal.timeout(askMs);
    const { sentences } = await client.call("explainPool", { params, query: organization, signal });
    const telling = sentences.filter((sentence) => !passedOver.test(sentence));
    return telling.length === 0 ? null : printable(telling.join(" "));
  } catch {
    return null;
  }
}
