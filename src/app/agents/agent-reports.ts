import { CodedError } from "../../contracts/errors.ts";
import { type AgentWord, writeAgentWords } from "../../db/agents/agent-words.ts";
import { bindAgentKeys, type PresentedKey } from "../../db/agents/agent-keys.ts";
import { type AgentOfToken, agentsByTokens, type ClaimRecordRow, claimRecords } from "../../db/agents/agents.ts";
import { type DeliveredRow, secretsOfAgents } from "../../db/secrets/secret-delivery.ts";
import type { AgentId } from "../../contracts/ids.ts";
import type { Db } from "../../db/store.ts";
import type { Clock } from "../../platform/clock.ts";
import { Gather } from "../../platform/gather.ts";

/**
 * A server that comes back is called by all of its agents at once. Each of them in transactions of its own would keep
 * every connection for minutes, and time out and call again; together they take a few statements.
 */
const togetherMax = 200;
const runningMax = 1;
const patienceMs = 1_000;
const stuckMax = 1;
/** Longest wait of a question that an agent's request waits for. */
const lookMsMax = 15_000;
/** Longest wait of a word that is to be stored: its agent stays connected meanwhile, and asks for nothing. */
const wordMsMax = 60_000;

interface AgentReports {
  /** Null when the word was of no use, as for an agent that is retired; else since when the agent is connected, if it said so. */
  readonly words: Gather<AgentWord, { readonly connectedAt: Date | null } | null>;
  readonly byToken: Gather<Buffer, AgentOfToken | undefined>;
  /** Whether the key that an agent came with is its own from now on. */
  readonly keys: Gather<PresentedKey, boolean>;
  readonly claimRecord: Gather<AgentId, ClaimRecordRow | undefined>;
  readonly secrets: Gather<AgentId, readonly DeliveredRow[]>;
}

const ofDatabases = new WeakMap<Db, AgentReports>();

/** Where the agents of a server meet. One that comes alone is served at once, and by itself. */
export function agentReports({ db, clock }: { readonly db: Db; readonly clock: Clock }): AgentReports {
  const known = ofDatabases.get(db);
  if (known !== undefined) return known;
  // The store gives a coded error when the database cannot be reached: asking again one by one would not help.
  const isEverybodys = (error: unknown): boolean => error instanceof CodedError;
  const limits = { runningMax, togetherMax, patienceMs, stuckMax, isEverybodys };
  const looks = { ...limits, waitMsMax: lookMsMax, late: () => late(lookMsMax) };
  const made: AgentReports = {
    words: new Gather({
      ...limits,
      waitMsMax: wordMsMax,
      late: () => late(wordMsMax),
      ask: async (words) => {
        const changed = await db.transaction("agents report", async (tx) => writeAgentWords(tx, words, clock.now()));
        return words.map(({ agentId }) =>
          changed.has(agentId) ? { connectedAt: changed.get(agentId) ?? null } : null,
        );
      },
    }),
    byToken: new Gather({ ...looks, ask: (hashes) => agentsByTokens(db, hashes) }),
    keys: new Gather({ ...looks, ask: (keys) => bindAgentKeys(db, keys) }),
    claimRecord: new Gather({ ...looks, ask: (agentIds) => claimRecords(db, agentIds) }),
    secrets: new Gather({ ...looks, ask: (agentIds) => secretsOfAgents(db, agentIds) }),
  };
  ofDatabases.set(db, made);
  return made;
}

function late(afterMs: number): CodedError {
  const message = `The database did not answer within ${afterMs / 1_000} s.`;
  return new CodedError("database_unavailable", message, { retryAfterSeconds: 1 });
}
