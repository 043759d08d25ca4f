import { CodedError } from "../../contracts/errors.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { userByName } from "../../db/people/identity.ts";
import type { AppContext } from "../app-context.ts";

/** Failures that cost nothing: of one account from one address, and of one address whatever the account. */
const freeOfPair = 5;
const freeOfAddress = 20;
/** An account at which so many failed is under attack: from each address one failure is free. */
const attackedAfter = 20;
const waitMsMin = 1_000;
const waitMsMax = 60_000;
/** Without another failure they are forgotten. */
const forgottenAfterMs = 3_600_000;
/** Accounts, addresses and pairs that are remembered, each; the longest unused are forgotten first. */
const rememberedMax = 20_000;
/** An attack has so many entries in the log and the audit log, and not one for each try. */
const toldAt: ReadonlySet<number> = new Set([5, 50, 500, 5_000, 50_000, 500_000]);

interface Failures {
  readonly count: number;
  readonly lastMs: number;
}

interface From {
  readonly username: string;
  readonly address: string;
}

/**
 * Slows down whoever tries passwords, on this server. What is refused depends on where it comes from: no number of
 * failures from elsewhere keeps the owner of an account out, whose address has not failed, so that nobody can lock out
 * anybody. The longest wait is a minute.
 */
export class SignInLimits {
  readonly #accounts = new Map<string, Failures>();
  readonly #addresses = new Map<string, Failures>();
  readonly #pairs = new Map<string, Failures>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /**
   * Counts a try as failed before it is known, so that many at once are no way around it.
   * @returns how often the account has failed, this try included, and what takes it back.
   * Errors: `too_many_sign_ins`.
   */
  begin({ username, address }: From): { readonly failures: number; readonly takeBack: () => void } {
    const account = username.toLowerCase();
    const pair = `${account} ${address}`;
    const freeHere = this.#seen(this.#accounts, account).count >= attackedAfter ? 1 : freeOfPair;
    const waitMs = Math.max(
      this.#waitMs(this.#seen(this.#pairs, pair), freeHere),
      this.#waitMs(this.#seen(this.#addresses, address), freeOfAddress),
    );
    if (waitMs > 0) {
      const retryAfterSeconds = Math.ceil(waitMs / 1_000);
      const message = `Too many sign-ins from your address have failed; the next is looked at in ${retryAfterSeconds} s.`;
      throw new CodedError("too_many_sign_ins", message, { retryAfterSeconds });
    }
    const failures = this.#count(this.#accounts, account);
    this.#count(this.#addresses, address);
    this.#count(this.#pairs, pair);
    const takeBack = (): void => {
      this.#pairs.delete(pair);
      // Other accounts' failures from here still count: one's own account is no way to try on.
      this.#takeBack(this.#addresses, address);
      this.#takeBack(this.#accounts, account);
    };
    return { failures, takeBack };
  }

  #seen(counts: Map<string, Failures>, key: string): Failures {
    const found = counts.get(key);
    return found === undefined || this.#nowMs() - found.lastMs > forgottenAfterMs ? { count: 0, lastMs: 0 } : found;
  }

  #waitMs({ count, lastMs }: Failures, free: number): number {
    if (count < free) return 0;
    return Math.min(waitMsMin * 2 ** (count - free), waitMsMax) - (this.#nowMs() - lastMs);
  }

  #takeBack(counts: Map<string, Failures>, key: string): void {
    const { count, lastMs } = this.#seen(counts, key);
    if (count <= 1) counts.delete(key);
    else counts.set(key, { count: count - 1, lastMs });
  }

  #count(counts: Map<string, Failures>, key: string): number {
    const count = this.#seen(counts, key).count + 1;
    // The order of the map is that of their last failures.
    counts.delete(key);
    counts.set(key, { count, lastMs: this.#nowMs() });
    const [oldest] = counts.keys();
    if (counts.size > rememberedMax && oldest !== undefined) counts.delete(oldest);
    return count;
  }
}

/**
 * Compares a password where the limits allow it. Errors: `too_many_sign_ins`; those of `compare`, of which
 * `invalid_credentials` is a failure, logged and, at 5, 50, 500 … of an account that exists, in the audit log.
 */
export async function withinSignInLimits<Result>(
  context: AppContext,
  { limits, from }: { readonly limits: SignInLimits; readonly from: From },
  compare: () => Promise<Result>,
): Promise<Result> {
  const { failures, takeBack } = limits.begin(from);
  try {
    const result = await compare();
    takeBack();
    return result;
  } catch (error) {
    if (error instanceof CodedError && error.code === "invalid_credentials") await tell(context, from, failures);
    else takeBack();
    throw error;
  }
}

async function tell(context: AppContext, { username, address }: From, failures: number): Promise<void> {
  if (!toldAt.has(failures)) return;
  const user = await userByName(context.db, username);
  // What was typed for a name that nobody has may be a password.
  if (user === undefined) return context.logger.warn("sign-ins of nobody's name fail", { failures, address });
  context.logger.warn("sign-ins fail", { username: user.username, failures, address });
  await recordAudit(context.db, {
    at: context.clock.now(),
    actorId: null,
    organizationId: null,
    action: "user.sign_ins_failed",
    targetId: user.id,
    targetName: user.username,
    detail: { failures, address },
  });
}
