import { expect, it } from "vitest";
import { sampleIds } from "../support/api-samples.ts";
import { cliAgainst } from "../support/cli-against-api.ts";

it("servers are listed with the leases that each holds", async () => {
  const server = {
    id: sampleIds.build,
    url: "http://one.test:8080",
    version: "0.1.0",
    isSelf: true,
    state: "alive",
    startedAt: "2030-01-01T11:00:00.000Z",
    seenAt: "2030-01-01T11:57:00.000Z",
    silentMs: 1,
    agentsHeld: 7,
    agentsListed: 7,
    leases: ["lifecycle", "reconciler"],
  } as const;
  const { bench } = await cliAgainst({ listServers: () => ({ json: { servers: [server] } }) });
  const { stdout } = await bench.run("servers", "list");
  const [head = "", row = ""] = stdout.split("\n");
  expect(head.split(/\s+/)).toEqual("URL STATE SEEN STARTED AGENTS VERSION LEASES".split(" "));
  expect(row).toContain("http://one.test:8080 (asked)");
  expect(row).toContain("lifecycle, reconciler");
});
