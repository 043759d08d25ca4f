import type { Client } from "../../client/client.ts";
import { CodedError } from "../../contracts/errors.ts";
import { type MissReason, missReasons } from "../../contracts/states.ts";
import type { Invocation } from "../invocation.ts";
import { printable } from "../output/printable.ts";

/** Misses whose cause only the pool itself knows. */
const causedByPool: ReadonlySet<MissReason> = new Set(["pool_empty", "none_ready", "all_expired", "draining"]);
/** For the answer: whoever waits for a workspace does not wait for its explanation. */
const askMs = 2_000;
/** How the sentences begin that say which pool it is, and when it was decided: of no interest here. */
const passedOver = /^(Preset |Decided at |Nothing is to be done)/;

interface Missed {
  readonly template: string;
  /** Null: no preset fits, so no pool was asked. */
  readonly preset: string | null;
  readonly missReason: MissReason | null;
}

/** Why the pool had nothing to give, in its own words; null when that is no matter of the pool, or cannot be had. */
export async function whyNoPrebuild(
  client: Client,
  { template, preset, missReason }: Missed,
  { organization }: Pick<Invocation, "organization">,
): Promise<string | null> {
  if (missReason === null || !causedByPool.has(missReason) || preset === null) return null;
  const params = { template, preset };
  try {
    const signal = AbortSignal.timeout(askMs);
    const { sentences } = await client.call("explainPool", { params, query: organization, signal });
    const telling = sentences.filter((sentence) => !passedOver.test(sentence));
    return telling.length === 0 ? null : `The pool of ${printable(preset)}: ${printable(telling.join(" "))}`;
  } catch {
    return null;
  }
}

/** The refusal of a creation that takes a prebuild or nothing, with the pool's own words where they can be had. */
export async function explainedRefusal(
  client: Client,
  refused: CodedError,
  invocation: Pick<Invocation, "organization">,
): Promise<CodedError> {
  const { code, message, details, cause, next, problems, retryAfterSeconds, requestId } = refused;
  const missed = missedOf(details);
  const why = missed === null ? null : await whyNoPrebuild(client, missed, invocation);
  if (why === null) return refused;
  const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  const options = { details, cause, next, problems, requestId, ...retry };
  return new CodedError(code, `${message} ${why}`, options);
}

/** What the server of this release says of a refusal; that of the one before names no preset. */
function missedOf({ template, preset, missReason }: CodedError["details"]): Missed | null {
  const reason = missReasons.find((one) => one === missReason);
  if (typeof template !== "string" || typeof preset !== "string" || reason === undefined) return null;
  return { template, preset, missReason: reason };
}
