import type { OrganizationId, UserId, WorkspaceId } from "../../contracts/ids.ts";
import { type AccessEntry, recordAccess } from "../../db/audit/record-access.ts";
import type { Sql } from "../../db/store.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";

/** Entries wait so long for others, so that one statement writes them together. */
const gatherMs = 1_000;
/** Of one statement. */
const batchMax = 500;
/** Entries that wait while the database is away; older ones are let go, and how many is told. */
const waitingMax = 10_000;
/** An editor, or a browser at a forwarded port, opens many streams in a row. */
const quietMsUnlessSaid = 60_000;
/** A page that is open, and looked at now and then. */
export const appQuietMs = 900_000;
/** Visits that are known at once, so many as a server may have streams, and some that are quiet. */
const visitsMax = 20_000;

/** Somebody who gets into a workspace. */
export interface Access {
  /** Null: anybody, at a public app; all of them are one visit. */
  readonly userId: UserId | null;
  readonly workspaceId: WorkspaceId;
  readonly workspaceName: string;
  readonly organizationId: OrganizationId;
  /** Which of its doors, in words: `ssh`, `port 8080`, `command`. */
  readonly door: string;
  /** Of the person's end of the line; null for anybody. */
  readonly address: string | null;
  /** A visit is over when nothing of it was open for so long; a minute unless said. */
  readonly quietMs?: number;
}

/** What went over a connection, in bytes as its line counts them. */
export interface Carried {
  readonly toWorkspace: number;
  readonly fromWorkspace: number;
}

interface Visit {
  readonly access: Access;
  readonly sinceAt: Date;
  lastAt: Date;
  open: number;
  connections: number;
  toWorkspace: number;
  fromWorkspace: number;
  timer: NodeJS.Timeout | undefined;
}

interface Deps {
  readonly db: Sql;
  readonly clock: Pick<Clock, "now">;
  readonly logger: Logger;
  readonly isOn: boolean;
}

/**
 * Writes to the audit log who got into which workspace by which door: an entry when a visit begins, and one when it has
 * ended, with what went over its connections. Connections of one person to one door from one address are one visit, so
 * that a browser at a forwarded port fills no log. Nobody waits for it: it writes a second later.
 */
export class AccessLog {
  readonly #deps: Deps;
  readonly #visits = new Map<string, Visit>();
  #waiting: AccessEntry[] = [];
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** A connection is open. @returns what is called when it has ended. */
  enter(access: Access): (carried: Carried) => void {
    if (!this.#deps.isOn) return () => undefined;
    const visit = this.#visit(access);
    clearTimeout(visit.timer);
    visit.open += 1;
    visit.connections += 1;
    let isOver = false;
    return ({ toWorkspace, fromWorkspace }) => {
      if (isOver) return;
      isOver = true;
      visit.open -= 1;
      visit.toWorkspace += toWorkspace;
      visit.fromWorkspace += fromWorkspace;
      visit.lastAt = this.#deps.clock.now();
      if (visit.open > 0) return;
      visit.timer = setTimeout(() => this.#leave(visit), access.quietMs ?? quietMsUnlessSaid);
      visit.timer.unref();
    };
  }

  /** Ends what is still known of, and writes it: the server stops. */
  async close(): Promise<void> {
    for (const visit of this.#visits.values()) this.#leave(visit);
    await this.flush();
  }

  /** Writes what waits now. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  #visit(access: Access): Visit {
    const key = keyOf(access);
    const known = this.#visits.get(key);
    if (known !== undefined) return known;
    const now = this.#deps.clock.now();
    const visit: Visit = {
      access,
      sinceAt: now,
      lastAt: now,
      open: 0,
      connections: 0,
      toWorkspace: 0,
      fromWorkspace: 0,
      timer: undefined,
    };
    if (this.#visits.size >= visitsMax) this.#endOneThatIsQuiet();
    this.#visits.set(key, visit);
    this.#say(visit, "workspace.enter", now, {});
    return visit;
  }

  #endOneThatIsQuiet(): void {
    for (const visit of this.#visits.values()) {
      if (visit.open === 0) return this.#leave(visit);
    }
  }

  #leave(visit: Visit): void {
    clearTimeout(visit.timer);
    this.#visits.delete(keyOf(visit.access));
    const endAt = visit.open > 0 ? this.#deps.clock.now() : visit.lastAt;
    const { connections, toWorkspace, fromWorkspace } = visit;
    const seconds = Math.round((endAt.getTime() - visit.sinceAt.getTime()) / 1_000);
    const carried = { connections, seconds, to_workspace_bytes: toWorkspace, from_workspace_bytes: fromWorkspace };
    this.#say(visit, "workspace.leave", endAt, carried);
  }

  #say({ access }: Visit, action: AccessEntry["action"], at: Date, more: Readonly<Record<string, number>>): void {
    const { userId, workspaceId, workspaceName, organizationId, door, address } = access;
    const from = userId === null ? { visitor: "anybody" } : { address };
    const detail = { door, ...from, ...more };
    this.#waiting.push({ at, actorId: userId, organizationId, action, workspaceId, workspaceName, detail });
    if (this.#waiting.length > waitingMax) {
      this.#waiting.shift();
      this.#lost += 1;
    }
    this.#timer ??= setTimeout(() => void this.flush(), gatherMs).unref();
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, batchMax);
      try {
        await recordAccess(this.#deps.db, batch);
      } catch (error) {
        this.#deps.logger.warn("who got into workspaces could not be written yet", { error });
        this.#timer ??= setTimeout(() => void this.flush(), 10 * gatherMs).unref();
        return;
      }
      const written = new Set(batch);
      this.#waiting = this.#waiting.filter((entry) => !written.has(entry));
    }
    if (this.#lost === 0) return;
    this.#deps.logger.warn("entries of the audit log were lost while the database was away", { count: this.#lost });
    this.#lost = 0;
  }
}

function keyOf({ userId, workspaceId, door, address }: Access): string {
  return JSON.stringify([userId, workspaceId, door, address]);
}
