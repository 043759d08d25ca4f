import { CodedError } from "../../contracts/errors.ts";
import { claimsQueuedMax } from "../../contracts/limits.ts";
import { type ClaimedRow, type ClaimInput, claimPrebuild } from "../../db/queries/claim.ts";
import { claimPrebuilds } from "../../db/queries/claim-batch.ts";
import type { Db } from "../../db/store.ts";
import type { Logger } from "../../platform/logger.ts";

/** Statements that a pool has under way at once; while they run, further claims gather for the next. */
const statementsPerPoolMax = 2;
/** Claims in one statement. More gain little, and each waits for all. */
const claimsPerStatementMax = 128;

interface Waiting {
  readonly input: ClaimInput;
  readonly resolve: (row: ClaimedRow | undefined) => void;
  readonly reject: (error: unknown) => void;
}

interface Line {
  running: number;
  waiting: Waiting[];
}

/**
 * Where a server's claims of one pool meet. A claim that comes alone goes at once and by itself; those that come while
 * the pool's statements are under way share the next one, and its commit. So a burst costs PostgreSQL a few statements
 * instead of hundreds, and nobody waits for others to come.
 *
 * Sharing is never seen: a claim gets what it would have got alone. When a shared statement fails for one of them (a
 * name that was taken in the meantime), nothing has happened, and each is made by itself.
 */
export class ClaimQueue {
  readonly #db: Db;
  readonly #logger: Logger;
  readonly #lines = new Map<string, Line>();
  #queued = 0;

  constructor(db: Db, logger: Logger) {
    this.#db = db;
    this.#logger = logger;
  }

  /**
   * As `claimPrebuild`, outside any transaction.
   * Errors: those of `claimPrebuild`; `too_many_waiters` when `claimsQueuedMax` claims wait for their turn.
   */
  async claim(input: ClaimInput): Promise<ClaimedRow | undefined> {
    const key = `${input.presetId} ${input.isOutdatedAllowed}`;
    const line = this.#lines.get(key) ?? { running: 0, waiting: [] };
    this.#lines.set(key, line);
    if (this.#queued >= claimsQueuedMax) {
      throw new CodedError(
        "too_many_waiters",
        `${claimsQueuedMax} claims wait for their turn on this server already.`,
        {
          retryAfterSeconds: 1,
        },
      );
    }
    this.#queued += 1;
    try {
      return await new Promise((resolve, reject) => {
        line.waiting.push({ input, resolve, reject });
        this.#advance(key, line);
      });
    } finally {
      this.#queued -= 1;
    }
  }

  #advance(key: string, line: Line): void {
    while (line.running < statementsPerPoolMax && line.waiting.length > 0) {
      const batch = takeBatch(line);
      line.running += 1;
      void this.#run(batch).finally(() => {
        line.running -= 1;
        this.#advance(key, line);
      });
    }
    if (line.running === 0) this.#lines.delete(key);
  }

  async #run(batch: readonly Waiting[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    if (batch.length === 1) return await this.#runAlone(first);
    const inputs = batch.map((each) => each.input);
    // The newest instant of all: the pool is judged, and the claims are dated, as of one moment.
    const now = new Date(Math.max(...inputs.map((input) => input.now.getTime())));
    try {
      const answers = await claimPrebuilds(this.#db, first.input, { now, inputs });
      await Promise.all(
        batch.map(async (each, nth) => {
          const answer = answers[nth];
          if (answer?.kind === "claimed") each.resolve(answer.row);
          else if (answer?.kind === "empty") each.resolve(undefined);
          // By itself it meets the constraint, and gets its error.
          else await this.#runAlone(each);
        }),
      );
    } catch (error) {
      // The database cannot be reached: so it is for each of them. Anything else is one claim's, and nothing happened.
      if (error instanceof CodedError) for (const each of batch) each.reject(error);
      else {
        this.#logger.warn("claims that shared a statement are made one by one", {
          claims: batch.length,
          reason: String(error),
        });
        await Promise.all(batch.map((each) => this.#runAlone(each)));
      }
    }
  }

  async #runAlone(waiting: Waiting): Promise<void> {
    try {
      waiting.resolve(await claimPrebuild(this.#db, waiting.input));
    } catch (error) {
      waiting.reject(error);
    }
  }
}

/** The longest waiting, of which no two would be in each other's way: those stay for the next statement. */
function takeBatch(line: Line): Waiting[] {
  const batch: Waiting[] = [];
  const left: Waiting[] = [];
  const taken = new Set<string>();
  for (const each of line.waiting) {
    const { ownerId, initiatorId, name, idempotency } = each.input;
    const names = [`name ${ownerId} ${name.toLowerCase()}`];
    if (idempotency !== null) names.push(`key ${initiatorId} ${idempotency.key}`);
    if (batch.length >= claimsPerStatementMax || names.some((one) => taken.has(one))) left.push(each);
    else {
      batch.push(each);
      for (const one of names) taken.add(one);
    }
  }
  line.waiting = left;
  return batch;
}
