// The data folder is the installation: wherever it is moved to, its workspaces are reached.
import { renameSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { WholeServer } from "../support/whole-server.ts";

const options = { PREWARM_PROVISIONER_DRIVERS: "process" };
const servers: WholeServer[] = [];

function server(): WholeServer {
  const made = new WholeServer(options);
  servers.push(made);
  return made;
}

afterEach(async () => {
  for (const one of servers.splice(0)) await one.close();
});

test("a workspace is stopped, started with its home, and deleted after its server's folder was moved", {
  timeout: 180_000,
}, async () => {
  const before = server();
  await before.start();
  const template = "driver: process\nagents: [ { name: main } ]\n";
  expect((await before.push("plain", { "template.yaml": template })).exitCode).toBe(0);
  await before.must("create dev --template plain");
  await before.must(["exec", "dev", "--", "sh", "-c", "echo mine > ~/kept"]);
  await before.end("SIGTERM");
  const after = server();
  renameSync(path.join(before.folder, "data"), path.join(after.folder, "data"));
  await after.start();
  await after.must("stop dev");
  await after.must("start dev");
  expect(await after.must(["exec", "dev", "--", "sh", "-c", "cat ~/kept"])).toContain("mine");
  await after.must("delete dev --yes");
});
