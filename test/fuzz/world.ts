import { connect } from "node:net";
import pg from "pg";
import type { LeasedJob } from "../../src/contracts/provisioner-protocol.ts";
import { type HttpDaemon, startHttpDaemon } from "../support/http-daemon.ts";
import { tarArchive } from "../support/tar-archive.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { type ChangeLog, openChangeLog } from "./change-log.ts";
import type { Known } from "./schema-values.ts";

export const roles = ["administrator", "template_admin", "member", "daemon", "agent", "nobody"] as const;
export type Role = (typeof roles)[number];

/** A server with something of everything, for requests to hit. */
export interface World {
  readonly server: TestServer;
  readonly changes: ChangeLog;
  readonly known: Known;
  /** The credential of a role; undefined for nobody. */
  tokenOf(role: Role): string | undefined;
  /** Ends the jobs that wait, looks what there is now, and gives the roles back what requests took from them. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

export const manifest = `driver: fake
parameters:
  - { name: size, default: small, options: [{ value: small }, { value: large }] }
  - { name: note, default: "", validation: { regex: "^[a-z]*$" } }
  - { name: cpus, type: number, default: 2, validation: { min: 1, max: 64 } }
  - { name: list, type: list, default: [] }
presets:
  - { name: small, parameters: { size: small }, prebuilds: { instances: 1 } }
  - { name: large, parameters: { size: large } }
agents: [{ name: main, hooks: { prewarm: { run: "true" }, claim: { run: "true" } } }]
`;

export function archiveOf(text: string): Buffer {
  return tarArchive([{ path: "template.yaml", content: text }]);
}

function tokensOf({ work }: LeasedJob): readonly string[] {
  return work.kind === "build" ? work.agents.flatMap(({ token }) => (token === null ? [] : [token])) : [];
}

export async function createWorld(): Promise<World> {
  const server = await startTestServer({ creationsPerMinuteMax: 0 });
  const sql = new pg.Client({ connectionString: server.databaseUrl });
  await sql.connect();
  const tina = await server.member("tina", "template_admin");
  const mia = await server.member("mia");
  for (const template of ["web", "batch"]) {
    await server.admin.call("pushTemplate", { params: { template }, bytes: new Uint8Array(archiveOf(manifest)) });
  }
  const openDaemon = (name: string): Promise<HttpDaemon> =>
    startHttpDaemon(server.admin, server.client, () => ({ kind: "succeeded", claimEffect: "none" }), name);
  let daemon = await openDaemon("rack-1");
  let settled = 0;
  const agentTokens: string[] = [];
  const known = new Map<string, readonly unknown[]>();

  const settle = async (): Promise<void> => {
    await sql.query(
      "update tokens set revoked_at = null, expires_at = now() + interval '1 day' where kind = 'session'",
    );
    settled += 1;
    try {
      // Every other time jobs are left to whoever is the daemon among the requests.
      if (settled % 2 === 1) for (const { job } of await daemon.workOff()) agentTokens.push(...tokensOf(job));
    } catch {
      // A request signed it off, took its job, or its name with the key of the server's own daemon.
      daemon = await openDaemon(`rack-again-${settled}`);
    }
    await putBack(server);
    for (const [field, question] of Object.entries(questions)) {
      const { rows } = await sql.query<{ readonly value: unknown }>(question);
      known.set(
        field,
        rows.map(({ value }) => value),
      );
    }
  };
  await settle();
  for (const [client, name] of [
    [server.admin, "one"],
    [tina, "two"],
    [mia, "three"],
    [mia, "four"],
  ] as const) {
    await client.call("createWorkspace", { body: { name, template: "web" } });
  }
  await settle();
  const changes = await openChangeLog(server.databaseUrl);
  const tokens: Readonly<Record<Role, () => string | undefined>> = {
    administrator: () => server.admin.token,
    template_admin: () => tina.token,
    member: () => mia.token,
    daemon: () => server.server.daemonKey,
    agent: () => agentTokens.at(-1),
    nobody: () => undefined,
  };
  return {
    server,
    changes,
    known: (field) => known.get(field) ?? fixed[field] ?? [],
    tokenOf: (role) => tokens[role](),
    settle,
    stop: async () => {
      await changes.close();
      await sql.end();
      await server.stop();
    },
  };
}

/** What requests delete by its name is made again; what is still there is refused, and left alone. */
async function putBack({ admin }: TestServer): Promise<void> {
  await Promise.allSettled([
    admin.call("createGroup", { body: { name: "crew", allowance: 1_000 } }),
    admin.call("createWebhook", { body: { name: "hook", url: "https://hooks.example.org/" } }),
    ...victims.map((username) => admin.call("createUser", { body: { username, password: `password of ${username}` } })),
  ]);
}

const victims: readonly string[] = ["victim-1", "victim-2", "victim-3"];

/** Names that stand for something, and are nobody's whom the fuzzer is. */
const fixed: Readonly<Record<string, readonly unknown[]>> = {
  username: victims,
  password: victims.map((username) => `password of ${username}`),
  usernames: ["victim-1", "mia"],
  user: ["mia", "prebuilds"],
  actor: ["mia", "system.lifecycle"],
  owner: ["mia", "admin"],
  group: ["crew"],
  webhook: ["hook"],
  preset: ["small", "large"],
  organization: ["default"],
  version: ["1", "2", 1],
  number: [0, 1, 2],
  driver: ["fake"],
  drivers: ["fake"],
  attempt: [0, 1],
  autostartSchedule: ["0 9 * * 1-5 Europe/Berlin"],
  url: ["https://hooks.example.org/other"],
};

/** What there is at a moment, by the field that takes it. */
const questions: Readonly<Record<string, string>> = {
  template: "select name as value from templates where deleted_at is null limit 10",
  workspace:
    "select name as value from workspaces where deleted_at is null union all select id::text from workspaces limit 40",
  workspaceId: "select id as value from workspaces order by created_at desc limit 10",
  jobId: `(select id as value from jobs where status = 'running' limit 10)
    union all (select id from jobs order by created_at desc limit 10)`,
  buildId: "select id as value from builds order by created_at desc limit 10",
  daemonId: "select id as value from daemons where name = 'rack-1' limit 1",
  incarnation: "select incarnation as value from daemons where name = 'rack-1' limit 1",
  tokenId: "select id as value from tokens where kind = 'api' limit 5",
  keyId: "select id as value from daemon_keys where name <> 'rack-1' limit 5",
  hash: "select encode(hash, 'hex') as value from files limit 5",
  ids: "select id as value from notifications limit 5",
};

/** Bytes as they are, and what comes back before the connection ends or is silent for so long. */
export async function sendRaw(url: string, bytes: string | Buffer, silenceMs: number): Promise<string> {
  const { hostname, port } = new URL(url);
  return await new Promise<string>((resolve) => {
    const socket = connect(Number(port), hostname);
    let said = "";
    socket.setTimeout(silenceMs, () => socket.destroy());
    socket.on("data", (part) => {
      said += part.toString("latin1");
      socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(said));
    socket.write(bytes);
  });
}
