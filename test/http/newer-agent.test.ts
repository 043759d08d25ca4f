// An agent of a newer release at a server of this one.
import { expect, onTestFinished, test } from "vitest";
import { connectAgent } from "../support/socket-agent.ts";
import { startTestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

test("what a newer agent says besides is passed over, fields and frames, and nonsense ends the connection", async () => {
  const server = await startTestServer();
  onTestFinished(() => server.stop());
  const agent = await connectAgent(server, () => undefined);
  const closed = new Promise<number>((resolve) => agent.socket.once("close", resolve));
  const say = (frame: object): void => agent.socket.send(JSON.stringify(frame));
  say({ kind: "of a later release", anything: [1, 2] });
  say({ kind: "state", state: "ready", detail: "said after it", version: "9.9", newer: true });
  await waitUntil("what it said next is heard", async () => {
    const { agents } = await server.admin.call("getWorkspace", { params: { workspace: agent.workspaceId } });
    return agents[0]?.detail === "said after it" && agents[0].isConnected;
  });
  say({ kind: "state", state: "ready" });
  expect(await closed).toBe(1008);
});
