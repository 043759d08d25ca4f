import { CodedError } from "../../contracts/errors.ts";
import { claimsQueuedMax } from "../../contracts/limits.ts";
import { type ClaimedRow, type ClaimInput, claimPrebuild, type ReadySince } from "../../db/claims/claim.ts";
import { type BatchAnswer, claimPrebuilds } from "../../db/claims/claim-batch.ts";
import type { Db } from "../../db/store.ts";
import type { Logger } from "../../platform/logger.ts";

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

/**
 * For so long a pool's claims begin where its oldest was found, and not at the entries of those claimed before, which
 * stay in the index while any statement can see them (a consistency check of seconds is enough). A prebuild older than
 * that, which a claim gave back or whose agent came back, waits so long for its turn, unless there is no other.
 */
const placeKeptMs = 200;
const placesMax = 1_000;
const fromTheOldest = "-infinity";

interface Place {
  readonly readySince: Date;
  readonly untilMs: number;
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
 * name that was taken in the meantime), nothing has happened, and each is made by itself.
 */
export class ClaimQueue {
  readonly #db: Db;
  readonly #logger: Logger;
  readonly #monotonicMs: () => number;
  readonly #lines = new Map<string, Line>();
  readonly #places = new Map<string, Place>();
  #queued = 0;

  constructor(db: Db, { logger, monotonicMs }: { readonly logger: Logger; readonly monotonicMs: () => number }) {
    this.#db = db;
    this.#logger = logger;
    this.#monotonicMs = monotonicMs;
  }

  /**
   * As `claimPrebuild`, outside any transaction.
   * Errors: those of `claimPrebuild`; `too_many_waiters` when `claimsQueuedMax` claims wait for their turn.
   */
  async claim(input: ClaimInput): Promise<ClaimedRow | undefined> {
    const key = keyOf(input);
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
    if (batch.length === 1) return await this.#runAlone(first);
    try {
      const answers = await this.#claimTogether(batch);
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
        const fields = { claims: batch.length, reason: String(error) };
        this.#logger.warn("claims that shared a statement are made one by one", fields);
        await Promise.all(batch.map((each) => this.#runAlone(each)));
      }
    }
  }

  async #claimTogether(batch: readonly Waiting[]): Promise<readonly BatchAnswer[]> {
    const inputs = batch.map((each) => each.input);
    const [first] = inputs;
    if (first === undefined) return [];
    // The newest instant of all: the pool is judged, and the claims are dated, as of one moment.
    const now = new Date(Math.max(...inputs.map((input) => input.now.getTime())));
    const readySince = this.#placeOf(first);
    const answers = await claimPrebuilds(this.#db, first, { now, inputs, readySince });
    if (readySince === fromTheOldest) {
      this.#remember(
        first,
        answers.flatMap((answer) => (answer.kind === "claimed" ? [answer.row] : [])),
      );
      return answers;
    }
    const left = inputs.filter((_, nth) => answers[nth]?.kind === "empty");
    if (left.length === 0) return answers;
    // Before the place there may be some that were passed over.
    const again = [...(await claimPrebuilds(this.#db, first, { now, inputs: left }))];
    return answers.map((answer) => (answer.kind === "empty" ? (again.shift() ?? answer) : answer));
  }

  async #runAlone({ input, resolve, reject }: Waiting): Promise<void> {
    try {
      const readySince = this.#placeOf(input);
      const row = await claimPrebuild(this.#db, input, readySince);
      if (readySince === fromTheOldest) this.#remember(input, row === undefined ? [] : [row]);
      resolve(row === undefined && readySince !== fromTheOldest ? await claimPrebuild(this.#db, input) : row);
    } catch (error) {
      reject(error);
    }
  }

  #placeOf(input: ClaimInput): ReadySince {
    const place = this.#places.get(keyOf(input));
    return place === undefined || this.#monotonicMs() > place.untilMs ? fromTheOldest : place.readySince;
  }

  /** Where the pool's oldest were found; a pool that had none is looked through from its oldest again. */
  #remember(input: ClaimInput, claimed: readonly ClaimedRow[]): void {
    if (this.#places.size >= placesMax) this.#places.clear();
    const newestMs = Math.max(...claimed.map((row) => row.ready_at.getTime()));
    if (!Number.isFinite(newestMs)) this.#places.delete(keyOf(input));
    else {
      const untilMs = this.#monotonicMs() + placeKeptMs;
      this.#places.set(keyOf(input), { readySince: new Date(newestMs), untilMs });
    }
  }
}

function keyOf(input: ClaimInput): string {
  return `${input.presetId} ${input.isOutdatedAllowed}`;
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
