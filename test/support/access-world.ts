import pg from "pg";
import type { RouteDefinition } from "../../src/contracts/api/route.ts";
import { type RouteId, routes } from "../../src/contracts/api/routes.ts";
import type { LeasedJob } from "../../src/contracts/provisioner-protocol.ts";
import { type DoneJob, startHttpDaemon } from "./http-daemon.ts";
import { tarArchive } from "./tar-archive.ts";
import { startTestServer, type TestServer } from "./test-server.ts";
import { waitUntil } from "./wait-until.ts";

/**
 * Who sends requests: an administrator; a template admin; the owner of a workspace; a member who has nothing; a template
 * admin of another organization; and what is no person.
 */
export const identities = [
  "administrator",
  "template_admin",
  "owner",
  "member",
  "outsider",
  "daemon",
  "agent",
] as const;
export type Identity = (typeof identities)[number];

/** Whose workspace, job or state a request is about. */
export type Subject = "person" | "pool";

/** A server on which everything that a path can name exists. */
export interface AccessWorld {
  readonly server: TestServer;
  tokenOf(identity: Identity): string;
  send(id: RouteId, token: string | undefined, about?: About): Promise<Response>;
  stop(): Promise<void>;
}

export interface About {
  readonly subject?: Subject;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const manifest = {
  driver: "fake",
  agents: [{ name: "main" }],
  presets: [{ name: "pool", prebuilds: { instances: 1 } }],
};
const archive = tarArchive([{ path: "template.yaml", content: JSON.stringify(manifest) }]);

const bodies: Readonly<Partial<Record<RouteId, unknown>>> = {
  createUser: { username: "eve", password: "long enough" },
  suspendUser: { reason: "none" },
  resetPassword: { password: "long enough" },
  setRole: { role: "administrator" },
  endUserSessions: {},
  createDaemonKey: { name: "mine" },
  adoptDaemon: { by: "rack-2" },
  deprecateTemplate: { deprecated: false },
  cancelJobs: {},
  setPool: { instances: 1 },
  invalidatePrebuilds: { template: "web" },
  cleanPrebuilds: {},
  setTemplateLifecycle: { changes: {} },
  createGroup: { name: "mine" },
  editGroup: { allowance: 1_000 },
  addGroupMembers: { usernames: ["mallory"] },
  retryDeliveries: {},
  setSecret: { value: "of anybody" },
  setShare: { share: "owner" },
  createAppLink: {},
  createSshKey: {},
  addLoginKey: { publicKey: "none" },
  placeSshKey: { isEverywhere: false },
  changePreferences: { addFavourites: [] },
  setDotfiles: { repository: "https://git.example.org/ada/dotfiles" },
  linkGitAccount: { username: "ada", token: "a-token" },
  placeGitAccount: { isEverywhere: false },
  agentGitCredential: { protocol: "https", host: "git.example.org" },
  reportGitCredential: { id: "00000000-0000-4000-8000-000000000000", isRefused: true },
  setTemplateSecret: { value: "of the template" },
  storeSetting: { value: "4" },
  createWebhook: { name: "mine", url: "https://hooks.example.org" },
  createWorkspace: { name: "fresh", template: "web" },
  evaluateTemplateForm: {},
  previewWorkspace: { name: "fresh", template: "web" },
  bulkWorkspaces: { workspaces: ["nobody/nothing"], action: "stop" },
  createBuild: { transition: "stop" },
  renameWorkspace: { name: "renamed" },
  renameTerminal: { name: "build" },
  setWorkspaceSchedule: { ttlMs: 3_600_000 },
  extendWorkspace: { byMs: 60_000 },
  setWorkspaceDormancy: { dormant: false },
};

/** What a route asks for in its query. */
const queries: Partial<Record<RouteId, Readonly<Record<string, string>>>> = {
  getVersionFile: { path: "template.yaml" },
};

type Things = Readonly<Record<string, string | Readonly<Record<Subject, string>>>>;

function pathOf(route: RouteDefinition, things: Things, subject: Subject): string {
  return route.path.replaceAll(/:(\w+)/g, (_, name: string) => {
    // What a template version and a stored state are called has the same name in their paths.
    const thing = things[name === "version" && route.path.includes("/states/") ? "state" : name];
    if (thing === undefined) throw new Error(`Nothing exists in this world that is a ":${name}".`);
    return typeof thing === "string" ? thing : thing[subject];
  });
}

function agentTokens({ work }: LeasedJob): readonly string[] {
  return work.kind === "build" ? work.agents.flatMap(({ token }) => (token === null ? [] : [token])) : [];
}

export async function createAccessWorld(): Promise<AccessWorld> {
  const server = await startTestServer({ creationsPerMinuteMax: 0 });
  const sql = new pg.Client({ connectionString: server.databaseUrl });
  await sql.connect();
  const valueOf = async (question: string): Promise<string> => {
    const { rows } = await sql.query<{ readonly value: string }>(question);
    if (rows[0] === undefined) throw new Error(`Nothing is there: ${question}`);
    return rows[0].value;
  };
  try {
    const { tokens, agentToken } = await fill(server, sql);
    const things = await thingsThereAre(valueOf);
    return {
      server,
      tokenOf: (identity) => {
        if (identity === "daemon") return server.server.daemonKey;
        return identity === "agent" ? agentToken : tokens[identity];
      },
      send: async (id, token, { subject = "person", query = queries[id] ?? {}, body = bodies[id] } = {}) => {
        const route: RouteDefinition = routes[id];
        const url = new URL(pathOf(route, things, subject), server.url);
        for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
        const isUpload = route.transport === "binary_up";
        const type = isUpload ? "application/gzip" : body === undefined ? undefined : "application/json";
        return await fetch(url, {
          method: route.method,
          headers: {
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...(type === undefined ? {} : { "content-type": type }),
          },
          body: isUpload ? new Uint8Array(archive) : body === undefined ? null : JSON.stringify(body),
        });
      },
      stop: async () => {
        await sql.end();
        await server.stop();
      },
    };
  } catch (error) {
    await sql.end();
    await server.stop();
    throw error;
  }
}

type PersonToken = Readonly<Record<Exclude<Identity, "daemon" | "agent">, string>>;

/** Makes everything that paths name. */
async function fill(server: TestServer, sql: pg.Client): Promise<{ tokens: PersonToken; agentToken: string }> {
  const { admin } = server;
  const [tess, ann, mallory] = [
    await server.member("tess", "template_admin"),
    await server.member("ann"),
    await server.member("mallory"),
  ];
  await server.member("victim");
  const otto = await server.member("otto", "template_admin");
  await sql.query(`with elsewhere as (
    insert into organizations (id, name, display_name, created_at)
    values (gen_random_uuid(), 'elsewhere', 'Elsewhere', now()) returning id)
    update organization_members m set organization_id = elsewhere.id
    from elsewhere, users u where u.id = m.user_id and u.username = 'otto'`);
  const succeed = () => ({ kind: "succeeded", claimEffect: "none" }) as const;
  const daemon = await startHttpDaemon(admin, server.client, succeed);
  await startHttpDaemon(admin, server.client, succeed, "rack-2");
  await admin.call("pushTemplate", { params: { template: "web" }, bytes: new Uint8Array(archive) });
  await daemon.workOff();
  await ann.call("createWorkspace", { body: { name: "anns", template: "web" } });
  await ann.call("createToken", { body: { name: "anns" } });
  const pool = { template: "web", preset: "pool" };
  await admin.call("setPool", { params: pool, query: {}, body: { instances: 1 } });
  const done: DoneJob[] = [];
  await waitUntil("ann's workspace and a prebuild are built", async () => {
    done.push(...(await daemon.workOff()));
    const { rows } = await sql.query("select count(*)::int as built from provider_states");
    return rows[0].built === 2;
  });
  const mine = { secret: "VAULT_KEY" };
  await admin.call("setTemplateSecret", { params: { template: "web", ...mine }, body: { value: "of the template" } });
  await ann.call("setSecret", { params: mine, body: { value: "of ann" } });
  await admin.call("createGroup", { body: { name: "crew", allowance: 1_000 } });
  await admin.call("addGroupMembers", { params: { group: "crew" }, body: { usernames: ["victim"] } });
  await admin.call("createWebhook", { body: { name: "hook", url: "https://hooks.example.org/" } });
  const tokens = {
    administrator: admin.token ?? "",
    template_admin: tess.token ?? "",
    owner: ann.token ?? "",
    member: mallory.token ?? "",
    outsider: otto.token ?? "",
  };
  return { tokens, agentToken: done.flatMap(({ job }) => agentTokens(job)).at(-1) ?? "" };
}

async function thingsThereAre(valueOf: (question: string) => Promise<string>): Promise<Things> {
  const isPool = "(select u.workspace_id from prebuilds u where u.state <> 'claimed')";
  const twice = async (question: (which: string) => string): Promise<Readonly<Record<Subject, string>>> => ({
    person: await valueOf(question(`not in ${isPool}`)),
    pool: await valueOf(question(`in ${isPool}`)),
  });
  return {
    username: "victim",
    organization: "default",
    group: "crew",
    template: "web",
    preset: "pool",
    version: "1",
    number: "1",
    webhook: "hook",
    host: "git.example.org",
    secret: "VAULT_KEY",
    loginKey: "laptop",
    agent: "main",
    app: "3000",
    // Whether there is one is asked of the agent, after all else.
    terminal: "0c2b4d0e-8a59-4c39-9d31-6f3f1f5a0b11",
    daemon: "rack-1",
    setting: "prebuilds.failed_kept",
    tokenId: await valueOf("select id as value from tokens where kind = 'api' and name = 'anns'"),
    keyId: await valueOf("select id as value from daemon_keys where name = 'rack-1'"),
    hash: await valueOf("select encode(hash, 'hex') as value from files"),
    workspace: await twice((which) => `select id as value from workspaces where id ${which} order by created_at`),
    workspaceId: await twice((which) => `select id as value from workspaces where id ${which} order by created_at`),
    jobId: await twice(
      (which) => `select id as value from jobs where workspace_id ${which} and kind = 'build' order by created_at`,
    ),
    // Gone as soon as it is answered: whether there is one is asked after all else.
    evaluationId: "0c2b4d0e-8a59-4c39-9d31-6f3f1f5a0b12",
    // The newest one.
    state: "0",
  };
}
