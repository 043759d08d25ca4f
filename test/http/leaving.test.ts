// A server that was told to stop: load balancers are told before anything is refused, and clients behind one go on.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { Client } from "../../src/client/client.ts";
import { startTestServer } from "../support/test-server.ts";

const delayMs = 1_500;

test("a server that is told to stop says so on /readyz, serves what still comes for the delay, and then stops", async () => {
  const server = await startTestServer({ httpStopDelayMs: delayMs });
  const readyz = async (): Promise<Response> => await fetch(new URL("/readyz", server.url));
  const before = await readyz();
  expect(before.status).toBe(200);
  expect(before.headers.get("connection")).toBe("keep-alive");
  const begunMs = performance.now();
  server.server.leave();
  const stopped = server.stop();
  const after = await readyz();
  expect(after.status).toBe(503);
  expect(await after.json()).toMatchObject({ status: "stopping", database: "up" });
  expect(after.headers.get("connection")).toBe("close");
  expect((await fetch(new URL("/healthz", server.url))).status).toBe(200);
  const { servers } = await server.admin.call("doctor", {});
  expect(servers).toHaveLength(1);
  await stopped;
  expect(performance.now() - begunMs).toBeGreaterThanOrEqual(delayMs);
  await expect(readyz()).rejects.toThrow();
});

test("one that nobody told to leave stops without a delay", async () => {
  const server = await startTestServer({ httpStopDelayMs: 60_000 });
  const begunMs = performance.now();
  await server.stop();
  expect(performance.now() - begunMs).toBeLessThan(10_000);
});

test.each([
  502, 503, 504,
])("a load balancer's own %i is an error that passes, and not a fault of the server", async (status) => {
  const balancer = createServer((_, response) => response.writeHead(status).end("<html>Bad Gateway</html>"));
  await new Promise<void>((resolve) => {
    balancer.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => void balancer.close());
  // A server that listens on TCP has an address of this shape.
  const { port } = balancer.address() as AddressInfo;
  const client = new Client({ url: `http://127.0.0.1:${port}` });
  await expect(client.call("version", {})).rejects.toMatchObject({ code: "transient" });
});
