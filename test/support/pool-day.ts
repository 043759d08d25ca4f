import { onTestFinished } from "vitest";
import type { Client } from "../../src/client/client.ts";
import type { Explanation, Pool } from "../../src/contracts/api/prebuilds.ts";
import type { CreatedWorkspace, Workspace } from "../../src/contracts/api/workspaces.ts";
import type { AgentId, WorkspaceId } from "../../src/contracts/ids.ts";
import type { Manifest } from "../../src/contracts/manifest.ts";
import type { NotificationKind } from "../../src/contracts/notification-kinds.ts";
import type { JobResult, LeasedJob, PlanReport } from "../../src/contracts/provisioner-protocol.ts";
import type { Static } from "typebox";
import { agentsReady } from "./daemon.ts";
import { createFixture, type Fixture } from "./fixture.ts";
import { type HandRunServer, startHandRunServer } from "./hand-run-server.ts";
import { type DoneJob, type HttpDaemon, startHttpDaemon } from "./http-daemon.ts";
import { mailLogin, startMailServer, type MailServer, type ReceivedMail } from "./mail-server.ts";
import { poolValues } from "./metrics.ts";
import { tarArchive } from "./tar-archive.ts";

/** Rounds after which a deployment that still has something to do will never be done. */
const roundsMax = 50;
export const changesNothing: PlanReport = { effect: "nothing", changes: 0, replacements: [] };

/** Somebody who is signed in. His workspace, when he has one, is called `desk`. */
export interface Person {
  readonly client: Client;
  readonly username: string;
}

/** One deployment with the pool `web/large`, its people, its daemon and its mail, on a clock that the story moves. */
export class PoolDay {
  readonly fx: Fixture;
  readonly mails: readonly ReceivedMail[];
  readonly #server: HandRunServer;
  readonly #agentTokens = new Map<string, string>();
  #daemon: HttpDaemon | null = null;
  #isBroken = false;
  #claimPlan = changesNothing;

  private constructor(fx: Fixture, server: HandRunServer, mail: MailServer) {
    this.fx = fx;
    this.#server = server;
    this.mails = mail.mails;
  }

  /** Opened for one test, which closes it, and checks the ledger then. */
  static async begin(startAt: string): Promise<PoolDay> {
    const fx = await createFixture({ startAt, policy: { inFlightPerPresetMax: 2 } });
    const mail = await startMailServer({ tls: "none" });
    const { username: smtpUsername, password: smtpPassword } = mailLogin;
    const smtp = { smtpHost: "127.0.0.1", smtpPort: mail.port, smtpTls: "none", smtpUsername, smtpPassword } as const;
    const server = await startHandRunServer(fx, smtp);
    onTestFinished(async () => {
      await server.stop();
      await mail.close();
      await fx.close();
    });
    const day = new PoolDay(fx, server, mail);
    const connect = (key: string): Client => server.client(key);
    day.#daemon = await startHttpDaemon(server.admin, connect, (work) => day.#outcomeOf(work));
    return day;
  }

  get admin(): Client {
    return this.#server.admin;
  }

  async person(username: string, role: "administrator" | "member" = "member"): Promise<Person> {
    const password = `password of ${username}`;
    const email = `${username}@example.org`;
    await this.admin.call("createUser", { body: { username, password, email, role } });
    return { username, client: await this.#server.signIn(username, password) };
  }

  /** Publishes a version of the template `web`. */
  async publish(manifest: Manifest): Promise<void> {
    const archive = tarArchive([{ path: "template.yaml", content: JSON.stringify(manifest) }]);
    await this.admin.call("pushTemplate", { params: { template: "web" }, bytes: new Uint8Array(archive) });
    await this.settle();
  }

  /** What every start needs is away, so it fails, or is back. */
  breakStarts(isBroken: boolean): void {
    this.#isBroken = isBroken;
  }

  /** What claims of the version change from now on. */
  claimsWill(plan: PlanReport): void {
    this.#claimPlan = plan;
  }

  /** Moves the clock to an instant of the story, and lets everything happen that is due. */
  async at(instant: string): Promise<void> {
    this.fx.clock.set(new Date(instant));
    await this.settle();
  }

  /** Controllers, daemon and agents take turns until nobody has anything to do. */
  async settle(): Promise<void> {
    await this.#workOff();
    for (let round = 0; round < roundsMax; round += 1) {
      await this.#server.runControllers();
      if ((await this.#workOff()) === 0) return;
    }
    throw new Error(`after ${roundsMax} rounds there is still something to do`);
  }

  async claim(person: Person): Promise<Static<typeof CreatedWorkspace>> {
    return await person.client.call("createWorkspace", { body: { name: "desk", template: "web", preset: "large" } });
  }

  async desk(person: Person): Promise<Workspace> {
    return await person.client.call("getWorkspace", { params: { workspace: "desk" } });
  }

  async build(person: Person, transition: "start" | "delete"): Promise<void> {
    await person.client.call("createBuild", { params: { workspace: "desk" }, body: { transition } });
    await this.settle();
  }

  /** Somebody has worked in his workspace until now. */
  async works(person: Person): Promise<void> {
    const { agents } = await this.desk(person);
    this.#server.useAgents(agents.map(({ id }) => id as AgentId));
    await this.settle();
  }

  /** The pool of the active version. */
  async pool(): Promise<Pool> {
    const { pools } = await this.admin.call("listPools", { query: { template: "web" } });
    const active = pools.find(({ isActive }) => isActive);
    if (active === undefined) throw new Error("the template has no active pool");
    return active;
  }

  async explain(): Promise<Static<typeof Explanation>> {
    return await this.admin.call("explainPool", { params: { template: "web", preset: "large" } });
  }

  /** What the last refresh shows of the pool, scraped over HTTP, names without their prefix. */
  async metrics(): Promise<Readonly<Record<string, number | undefined>>> {
    const series = await this.#server.scrape();
    const own = (name: string): number | undefined => series.get(`prewarm_prebuilt_workspaces_${name}`);
    return {
      ...poolValues(series),
      reconciliation_paused: own("reconciliation_paused"),
      metrics_last_updated: own("metrics_last_updated"),
    };
  }

  /** Kinds of what a person was told, the oldest first. */
  async inbox(client: Client): Promise<NotificationKind[]> {
    const { notifications } = await client.call("listNotifications", { query: { limit: 100 } });
    return notifications.map(({ kind }) => kind).reverse();
  }

  /** Subjects of the mails that have reached a person's mailbox, the oldest first. */
  subjectsTo({ username }: Person): string[] {
    const address = `${username}@example.org`;
    return this.mails.filter(({ to }) => to.includes(address)).map(({ subject }) => subject);
  }

  /** What the lifecycle executor has done to a workspace, with its reasons, by the audit log. */
  async audited(workspaceId: string): Promise<string[]> {
    const rows = await this.fx.rows<{ act: string }>(
      `select action || ' ' || (detail ->> 'reason') as act from audit_log
      where target_id = $1 and detail ->> 'reason' is not null order by id`,
      [workspaceId],
    );
    return rows.map(({ act }) => act);
  }

  /** The prebuilds that are not claimed, failed ones included, the newest first. */
  async prebuilds(): Promise<(readonly [version: string, state: string])[]> {
    const { prebuilds } = await this.admin.call("listPrebuilds", { query: {} });
    return prebuilds.map(({ version, state }) => [version, state]);
  }

  /** To whom the workspaces belong that there are. */
  async owners(): Promise<string[]> {
    const { workspaces } = await this.admin.call("listWorkspaces", { query: { owner: "*" } });
    return workspaces.map(({ owner }) => owner).sort();
  }

  /** What has happened so far, by the builds and outcomes themselves. */
  async history(): Promise<Readonly<Record<string, number>> | undefined> {
    const [row] = await this.fx.rows<Record<string, number>>(
      `select count(*) filter (where b.stage = 'prebuild' and b.transition = 'start')::int as created,
        count(*) filter (where b.stage = 'prebuild' and b.transition = 'start' and j.status = 'failed')::int as failed,
        count(*) filter (where b.stage = 'claim')::int as claimed,
        count(*) filter (where b.transition = 'delete' and w.claimed_at is null)::int as removed_unclaimed,
        (select count(*) from creation_outcomes where outcome = 'cold')::int as cold
      from builds b
      join workspaces w on w.id = b.workspace_id
      left join jobs j on j.id = b.job_id`,
    );
    return row;
  }

  /** What the consistency controller has found, and which log lines are errors. */
  async faults(): Promise<{ readonly consistency: unknown; readonly errors: readonly unknown[] }> {
    const reports = await this.#server.runControllers();
    const errors = this.fx.logger.entries.filter(({ level }) => level === "error");
    return { consistency: reports.get("consistency"), errors };
  }

  async #workOff(): Promise<number> {
    const done = (await this.#daemon?.workOff()) ?? [];
    for (const one of done) await this.#agentsAfter(one);
    return done.length;
  }

  /** Agents come up after a start, take the record of their owner, and run for him; a prebuild's has nobody yet. */
  async #agentsAfter({ job: { work }, outcome }: DoneJob): Promise<void> {
    if (work.kind !== "build" || work.transition !== "start" || outcome.kind !== "succeeded") return;
    for (const { token } of work.agents) if (token !== null) this.#agentTokens.set(work.workspaceId, token);
    if (work.stage !== "claim") await agentsReady(this.fx, [work.workspaceId as WorkspaceId]);
    const agent = this.#server.client(this.#agentTokens.get(work.workspaceId) ?? "");
    const { generation } = await agent.call("agentClaim", {});
    if (generation > 0) await agent.call("acknowledgeClaim", { body: { generation, error: null } });
  }

  #outcomeOf(work: LeasedJob["work"]): JobResult["outcome"] {
    if (work.kind === "import") return { kind: "succeeded", claimEffect: "unknown" };
    if (work.kind === "rehearsal" || work.stage === "claim") return { kind: "succeeded", plan: this.#claimPlan };
    if (work.transition === "start" && this.#isBroken) {
      return { kind: "failed", error: { code: "driver_failed", message: "the registry does not answer" } };
    }
    return { kind: "succeeded" };
  }
}
