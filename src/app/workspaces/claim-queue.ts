import { CodedError } from "../../contracts/errors.ts";
import { claimsQueuedMax } from "../../contracts/limits.ts";
import { type ClaimedRow, type ClaimInput, claimPrebuild, type ReadySince } from "../../db/claims/claim.ts";
import { claimPrebuilds } from "../../db/claims/claim-batch.ts";
import { isLockTimeout } from "../../db/pg-errors.ts";
import type { Db } from "../../db/store.ts";
import type { Logger } from "../../platform/logger.ts";
import { ClaimPlaces, fromTheOldest, poolKeyOf } from "./claim-places.ts";
import { isOutcomeUnknown, lostClaims, outcomeUnknown } from "./lost-claims.ts";

/**
 * Statements that a pool has under way at once; while they run, further claims gather for the next. A second one passes
 * over the rows that the first has locked, and takes the processor from it: it pays only for a crowd.
 */
const statementsPerPoolMax = 2;
const crowdMin = 64;
/** A statement that takes so long waits for somebody's lock; those that came since go on without it. */
const patienceMs = 50;
/** Claims in one statement. More gain little, and each waits for all. */
const claimsPerStatementMax = 128;

interface Waiting {
  readonly input: ClaimInput;
  readonly resolve: (row: ClaimedRow | undefined) => void;
  readonly reject: (error: unknown) => void;
}

interface Line {
  running: number;
  /** Of those running, how many have taken longer than `patienceMs`. */
  stuck: number;
  waiting: Waiting[];
}

/**
 * Where a server's claims of one pool meet. A claim that comes alone goes at once and by itself; those that come while
 * the pool's statements are under way share the next one, and its commit. So a burst costs PostgreSQL a few statements
 * instead of hundreds, and nobody waits for others to come.
 *
 * Sharing is never seen: a claim gets what it would have got alone. When a shared statement fails for one of them (a
 * name that was taken in the meantime), nothing has happened, and each is made by itself. Each is answered as soon as
 * what it did is committed, so that nothing that fails later can take its answer away.
 */
export class ClaimQueue {
  readonly #db: Db;
  readonly #logger: Logger;
  readonly #lines = new Map<string, Line>();
  readonly #places: ClaimPlaces;
  #queued = 0;

  constructor(db: Db, { logger, monotonicMs }: { readonly logger: Logger; readonly monotonicMs: () => number }) {
    this.#db = db;
    this.#logger = logger;
    this.#places = new ClaimPlaces(monotonicMs);
  }

  /**
   * As `claimPrebuild`, outside any transaction.
   * Errors: those of `claimPrebuild`; `database_unavailable` also when it is not known whether the claim was made;
   * `too_many_waiters` when `claimsQueuedMax` claims wait for their turn.
   */
  async claim(input: ClaimInput): Promise<ClaimedRow | undefined> {
    const key = poolKeyOf(input);
    const line = this.#lines.get(key) ?? { running: 0, stuck: 0, waiting: [] };
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
    while (line.waiting.length > 0 && mayBegin(line)) {
      const batch = takeBatch(line);
      line.running += 1;
      let isStuck = false;
      const patience = setTimeout(() => {
        isStuck = true;
        line.stuck += 1;
        this.#advance(key, line);
      }, patienceMs);
      void this.#run(batch).finally(() => {
        clearTimeout(patience);
        line.running -= 1;
        if (isStuck) line.stuck -= 1;
        this.#advance(key, line);
      });
    }
    if (line.running === 0) this.#lines.delete(key);
  }

  async #run(batch: readonly Waiting[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    const readySince = this.#places.of(first.input);
    let left = await this.#look(batch, readySince);
    // Before the place there may be some that were passed over.
    if (readySince !== fromTheOldest) left = await this.#look(left, fromTheOldest);
    for (const each of left) each.resolve(undefined);
  }

  /** Answers whoever gets a prebuild or an error. @returns those for whom there was none; it never throws. */
  async #look(batch: readonly Waiting[], readySince: ReadySince): Promise<readonly Waiting[]> {
    const [first] = batch;
    if (first === undefined) return [];
    if (batch.length === 1) return await this.#lookAlone(first, readySince);
    const inputs = batch.map((each) => each.input);
    // The newest instant of all: the pool is judged, and the claims are dated, as of one moment.
    const now = new Date(Math.max(...inputs.map((input) => input.now.getTime())));
    try {
      const answers = await claimPrebuilds(this.#db, first.input, { now, inputs, readySince });
      const claimed = answers.flatMap((answer) => (answer.kind === "claimed" ? [answer.row] : []));
      if (readySince === fromTheOldest) this.#places.remember(first.input, claimed);
      const refused: Waiting[] = [];
      const left: Waiting[] = [];
      for (const [nth, each] of batch.entries()) {
        const answer = answers[nth];
        if (answer?.kind === "claimed") each.resolve(answer.row);
        else (answer?.kind === "empty" ? left : refused).push(each);
      }
      // By itself it meets the constraint, and gets its error.
      return [...left, ...(await this.#lookOneByOne(refused, readySince))];
    } catch (error) {
      return await this.#afterFailure(batch, readySince, error);
    }
  }

  async #lookAlone(each: Waiting, readySince: ReadySince): Promise<readonly Waiting[]> {
    try {
      const row = await claimPrebuild(this.#db, each.input, readySince);
      if (readySince === fromTheOldest) this.#places.remember(each.input, row === undefined ? [] : [row]);
      if (row === undefined) return [each];
      each.resolve(row);
    } catch (error) {
      if (isOutcomeUnknown(error)) await this.#answerLost([each], error);
      else each.reject(error);
    }
    return [];
  }

  async #lookOneByOne(batch: readonly Waiting[], readySince: ReadySince): Promise<readonly Waiting[]> {
    return (await Promise.all(batch.map((each) => this.#lookAlone(each, readySince)))).flat();
  }

  async #afterFailure(batch: readonly Waiting[], readySince: ReadySince, error: unknown): Promise<readonly Waiting[]> {
    if (isOutcomeUnknown(error)) await this.#answerLost(batch, error);
    else if (error instanceof CodedError && !isLockTimeout(error.cause)) {
      // The database cannot be reached, or is too slow: so it is for each of them.
      for (const each of batch) each.reject(error);
    } else {
      // One claim's fault, or one that waits for somebody's lock; and nothing happened.
      const fields = { claims: batch.length, reason: String(error) };
      this.#logger.warn("claims that shared a statement are made one by one", fields);
      return await this.#lookOneByOne(batch, readySince);
    }
    return [];
  }

  /** The connection was lost while they were made: each is answered by what the database knows of it. */
  async #answerLost(batch: readonly Waiting[], error: unknown): Promise<void> {
    const found = await lostClaims(
      this.#db,
      batch.map((each) => each.input.buildId),
    );
    for (const each of batch) {
      const row = found.get(each.input.buildId);
      if (row === undefined) each.reject(outcomeUnknown(error));
      else each.resolve(row);
    }
    this.#logger.warn("the answer to claims was lost, and asked for again", {
      claims: batch.length,
      found: found.size,
    });
  }
}

function mayBegin({ running, stuck, waiting }: Line): boolean {
  return running === 0 || (running < statementsPerPoolMax && (stuck > 0 || waiting.length >= crowdMin));
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
