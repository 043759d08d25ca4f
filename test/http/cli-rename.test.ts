import { expect, test } from "vitest";
import { usableWorkspace } from "../support/api-samples.ts";
import { cliAgainst } from "../support/cli-against-api.ts";
import { codedAnswer } from "../support/scripted-api.ts";

test("rename says what the workspace is called now, and asks for it by its id", async () => {
  const { api, bench } = await cliAgainst({
    getWorkspace: () => ({ json: usableWorkspace() }),
    renameWorkspace: () => ({
      json: { workspace: usableWorkspace({ name: "api" }), before: "dev", sentences: ["Its template is told."] },
    }),
  });
  expect((await bench.run("rename", "ann/dev", "api")).stdout).toBe("dev is called api now.\n");
  expect(api.requests.at(-1)).toMatchObject({ params: { workspace: usableWorkspace().id }, body: { name: "api" } });
  expect(JSON.parse((await bench.run("rename", "dev", "api", "-o", "json")).stdout)).toMatchObject({ before: "dev" });
  expect((await bench.run("rename", "dev", "api", "-q")).stdout).toBe("api\n");
  expect((await bench.run("rename", "dev")).exitCode).toBe(2);
});

test("rename tells why a name cannot be had", async () => {
  const { bench } = await cliAgainst({
    getWorkspace: () => ({ json: usableWorkspace() }),
    renameWorkspace: () => codedAnswer(409, "name_taken"),
  });
  const done = await bench.run("rename", "dev", "api");
  expect(done.exitCode).toBe(1);
  expect(done.stderr).toContain("Scripted name_taken.");
});

test("organizations list shows the role in each", async () => {
  const organization = { id: usableWorkspace().id, displayName: "Default", createdAt: "2026-11-22T11:00:00.000Z" };
  const organizations = [
    { ...organization, name: "default", role: "template_admin", members: 12 },
    { ...organization, name: "elsewhere", role: null, members: 0 },
  ];
  const { bench } = await cliAgainst({ listOrganizations: () => ({ json: { organizations, total: 2 } }) });
  const { stdout } = await bench.run("organizations", "list");
  expect(stdout).toMatch(/^NAME +TITLE +YOU ARE +MEMBERS +CREATED\n/);
  expect(stdout).toMatch(/default +Default +template admin +12 /);
  expect(stdout).toMatch(/elsewhere +Default +– +0 /);
  const empty = await cliAgainst({ listOrganizations: () => ({ json: { organizations: [], total: 0 } }) });
  expect((await empty.bench.run("organizations", "list")).stdout).toContain("You are in no organization.");
});
