import { expect, test } from "vitest";
import type { WebSocket } from "ws";
import type { AgentId } from "../../../src/contracts/ids.ts";
import { AgentHub } from "../../../src/http/agent-hub.ts";
import { sleep } from "../../../src/platform/sleep.ts";

const agentId = "agent" as AgentId;
const connectionId = "connection";
// Nothing is sent over it here.
const socket = { close: () => undefined, readyState: 3 } as unknown as WebSocket;

test("the hub is settled once every connection has ended and its goodbye is stored, however late each is heard of", async () => {
  const hub = new AgentHub();
  hub.add(agentId, connectionId, socket);
  const order: string[] = [];
  const settled = hub.settled().then(() => order.push("settled"));
  // The server has closed by now, and the socket's end has not been heard of.
  await sleep(20);
  hub.remove(agentId, connectionId);
  hub.storing(sleep(20).then(() => order.push("stored")));
  await settled;
  expect(order).toEqual(["stored", "settled"]);
});

test("a connection that never ends does not hold the server's end up", async () => {
  const hub = new AgentHub();
  hub.add(agentId, connectionId, socket);
  await hub.settled(20);
  expect(hub.size).toBe(1);
});
