import { randomUUID } from "node:crypto";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { hashSecret } from "../../src/app/secret.ts";
import { type AgentToServer, agentConnectPath } from "../../src/contracts/agent-protocol.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

const token = "pw_agent_first";

/** A started workspace with one agent that has never connected. */
const seed = `with workspace as (
  insert into workspaces (id, organization_id, owner_id, name, template_id, latest_build_id, created_at)
  select $1, o.id, u.id, 'mine', gen_random_uuid(), $2, now()
  from organizations o, users u
  where u.username = 'admin'
), build as (
  insert into builds (id, workspace_id, number, transition, stage, template_version_id, initiator_id, parameters, created_at)
  select $2, $1, 1, 'start', 'ordinary', gen_random_uuid(), id, '{}', now()
  from users
  where username = 'admin'
)
insert into agents (id, workspace_id, build_id, name, position, token_hash, created_at)
values ($3, $1, $2, 'main', 0, $4, now())`;

interface Scene {
  readonly server: TestServer;
  readonly client: pg.Client;
  readonly agentId: string;
  readonly socket: WebSocket;
}

/** An agent that is connected, while nobody can find out whose token it is: until `client` commits. */
async function unknownYet(): Promise<Scene> {
  const server = await startTestServer();
  onTestFinished(() => server.stop());
  const client = new pg.Client({ connectionString: server.databaseUrl });
  await client.connect();
  onTestFinished(() => client.end());
  const agentId = randomUUID();
  // One after the other: the workspace is there before its agent.
  await client.query("begin");
  await client.query("set local session_replication_role = replica");
  await client.query(seed, [randomUUID(), randomUUID(), agentId, hashSecret(token)]);
  await client.query("commit");
  await client.query("begin");
  await client.query("lock table agents in access exclusive mode");
  const socket = new WebSocket(`${server.url.replace("http", "ws")}${agentConnectPath}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  onTestFinished(() => socket.close());
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return { server, client, agentId, socket };
}

async function untilAsked(client: pg.Client): Promise<void> {
  await waitUntil("the server asks whose token it is", async () => {
    const { rows } = await client.query("select 1 from pg_stat_activity where wait_event_type = 'Lock'");
    return rows.length > 0;
  });
}

test("what an agent says before the server knows who it is, is heard", async () => {
  const { client, agentId, socket } = await unknownYet();
  const report: AgentToServer = { kind: "state", state: "ready", detail: "", version: "test" };
  await new Promise((resolve) => socket.send(JSON.stringify(report), resolve));
  await untilAsked(client);
  await client.query("commit");

  await waitUntil("the agent is ready", async () => {
    const { rows } = await client.query<{ state: string }>("select state from agents where id = $1", [agentId]);
    return rows[0]?.state === "ready";
  });
  expect(socket.readyState).toBe(WebSocket.OPEN);
});

test("an agent that is gone before the server knows who it is, is not taken for connected", async () => {
  const { server, client, agentId, socket } = await unknownYet();
  await untilAsked(client);
  const gone = new Promise((resolve) => socket.once("close", resolve));
  socket.terminate();
  await gone;
  await client.query("commit");
  const beats = async (): Promise<number> => {
    const { controllers } = await server.admin.call("doctor", {});
    return controllers.find(({ name }) => name === "server-presence")?.runs ?? 0;
  };
  const before = await beats();
  await waitUntil("two heartbeats have compared", async () => (await beats()) >= before + 2);
  const { servers } = await server.admin.call("doctor", {});
  expect(servers).toMatchObject([{ agentsHeld: 0 }]);
  const { rows } = await client.query("select server_id from agents where id = $1", [agentId]);
  expect(rows).toEqual([{ server_id: null }]);
});
