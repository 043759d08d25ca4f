import { CodedError } from "../contracts/errors.ts";
import { type CreationTargetQuestion, type CreationTargetRow, creationTargets } from "../db/claims/creation-target.ts";
import { type AuthenticatedRow, usersByTokens } from "../db/people/authentication.ts";
import type { Db } from "../db/store.ts";
import type { Clock } from "../platform/clock.ts";
import { Gather } from "../platform/gather.ts";

/**
 * Statements of one kind under way at once, and questions in one. With two at a time, 2,000 claims a second made half as
 * many statements again, of which each costs the server and PostgreSQL more than the questions in it.
 */
const runningMax = 1;
const togetherMax = 64;
/** A look takes milliseconds. One that takes so long waits for a connection, or on a line that is silent. */
const patienceMs = 1_000;
/** So a kind of look takes at most four connections of the pool, three of which nobody waits for. */
const stuckMax = 3;
/** Above what the store gives a look, so that its error, which says more, comes first. */
const waitMsMax = 15_000;

/** Looks that every creation makes. Those that come at the same time share a statement; none is remembered. */
interface GatheredLookups {
  readonly userByToken: Gather<Buffer, AuthenticatedRow | undefined>;
  readonly creationTarget: Gather<CreationTargetQuestion, CreationTargetRow | undefined>;
}

const ofDatabases = new WeakMap<Db, GatheredLookups>();

/** The lookups of a database handle. */
export function gatheredLookups(context: { readonly db: Db; readonly clock: Clock }): GatheredLookups {
  const { db, clock } = context;
  const known = ofDatabases.get(db);
  if (known !== undefined) return known;
  // The store gives a coded error when the database cannot be reached: asking again one by one would not help.
  const isEverybodys = (error: unknown): boolean => error instanceof CodedError;
  const limits = { runningMax, togetherMax, patienceMs, stuckMax, waitMsMax, isEverybodys, late };
  const made: GatheredLookups = {
    userByToken: new Gather({ ...limits, ask: (hashes) => usersByTokens(db, hashes, clock.now()) }),
    creationTarget: new Gather({ ...limits, ask: (questions) => creationTargets(db, questions) }),
  };
  ofDatabases.set(db, made);
  return made;
}

function late(): CodedError {
  const message = `The database did not answer within ${waitMsMax / 1_000} s.`;
  return new CodedError("database_unavailable", message, { retryAfterSeconds: 1 });
}
