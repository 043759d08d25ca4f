import { randomUUID } from "node:crypto";
import path from "node:path";
import pg from "pg";
import { WebSocket } from "ws";
import { hashSecret } from "../../src/app/secret.ts";
import { type AgentToServer, agentConnectPath, type ServerToAgent } from "../../src/contracts/agent-protocol.ts";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { root } from "./server-process.ts";
import type { TestServer } from "./test-server.ts";
import { waitUntil } from "./wait-until.ts";

/** A started workspace of the administrator with one agent that has never connected. */
const seed = `with workspace as (
  insert into workspaces (id, organization_id, owner_id, name, template_id, latest_build_id, created_at)
  select $1, t.organization_id, u.id, 'mine-' || left($1::uuid::text, 8), t.id, $2, now()
  from templates t, users u
  where u.username = 'admin'
  order by t.created_at, t.id
  limit 1
), build as (
  insert into builds (id, workspace_id, number, transition, stage, template_version_id, initiator_id, parameters, created_at)
  select $2, $1, 1, 'start', 'ordinary', v.id, u.id, '{}', now()
  from template_versions v, users u
  where u.username = 'admin'
  limit 1
)
insert into agents (id, workspace_id, build_id, name, position, token_hash, created_at)
values ($3, $1, $2, 'main', 0, $4, now())`;

export interface SocketAgent {
  readonly workspaceId: string;
  /** Its own, by which it comes with its tunnel, too. */
  readonly token: string;
  readonly socket: WebSocket;
  send(frame: AgentToServer): void;
  close(): void;
}

/** An agent that does by hand what the test says, connected to the server at `url` and known to it. */
export async function connectAgent(
  to: Pick<TestServer, "url" | "databaseUrl" | "admin">,
  onFrame: (frame: ServerToAgent, agent: SocketAgent) => void,
): Promise<SocketAgent> {
  const { bytes } = await packFolder(path.join(root, "templates/starter"));
  await to.admin.call("pushTemplate", { params: { template: "starter" }, bytes });
  const client = new pg.Client({ connectionString: to.databaseUrl });
  await client.connect();
  const [workspaceId, agentId, token] = [randomUUID(), randomUUID(), `pw_agent_${randomUUID()}`];
  try {
    await client.query("begin");
    await client.query("set local session_replication_role = replica");
    await client.query(seed, [workspaceId, randomUUID(), agentId, hashSecret(token)]);
    await client.query("commit");
    const socket = new WebSocket(`${to.url.replace("http", "ws")}${agentConnectPath}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const agent: SocketAgent = {
      workspaceId,
      token,
      socket,
      send: (frame) => socket.send(JSON.stringify(frame)),
      close: () => socket.terminate(),
    };
    socket.on("message", (data: Buffer) => onFrame(JSON.parse(data.toString()) as ServerToAgent, agent));
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    await waitUntil("the agent is known to be connected", async () => {
      const { rows } = await client.query("select 1 from agents where id = $1 and server_id is not null", [agentId]);
      return rows.length > 0;
    });
    return agent;
  } finally {
    await client.end();
  }
}
