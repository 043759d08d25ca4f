// S14 with a server over HTTP, a daemon that is killed at each step of a claim build, real Terraform and real agents.
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ended, settledWithinMs, TerraformDaemons } from "../support/terraform-daemons.ts";
import { terraformMissing } from "../support/terraform.ts";
import { waitUntil } from "../support/wait-until.ts";

const demo = readFileSync(path.resolve(import.meta.dirname, "../../templates/terraform-demo/main.tf"), "utf8");

let bed: TerraformDaemons;
beforeEach(async (context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  bed = new TerraformDaemons();
  await bed.open();
});
afterEach(() => bed?.close());

/** The demo, with something of its own that each new owner replaces. */
const replacing = (create: string): string => `${demo}
resource "terraform_data" "owned" {
  triggers_replace = [var.prewarm.owner.username]
  provisioner "local-exec" { command = ${JSON.stringify(create)} }
}
`;

async function claimed(): Promise<string> {
  await waitUntil(
    "the pool is ready, and rehearsed",
    async () => {
      const { pools } = await bed.server.admin.call("listPools", {});
      const { jobs } = await bed.server.admin.call("listJobs", { query: { status: "succeeded" } });
      return pools[0]?.eligible === 1 && jobs.some(({ kind }) => kind === "rehearsal");
    },
    settledWithinMs,
  );
  const body = { name: "mine", template: "web", mode: "warm_only" as const };
  return (await bed.server.admin.call("createWorkspace", { body })).workspace.id;
}

/** It is the claimant's, says what went wrong, can be started, and is usable then; nothing is left once it is deleted. */
async function isRepaired(id: string, errorCode: string): Promise<void> {
  await bed.until(id, "failed");
  const failed = await bed.workspace(id);
  expect(failed).toMatchObject({ owner: "admin", name: "mine", isPrebuild: false });
  expect(failed.latestBuild).toMatchObject({ stage: "claim", status: "failed", errorCode, error: expect.any(String) });
  await bed.build(id, "start");
  await waitUntil("it is usable", async () => (await bed.workspace(id)).isUsable, settledWithinMs);
  expect((await bed.workspace(id)).owner).toBe("admin");
  await bed.build(id, "delete");
  await bed.until(id, "deleted");
  await bed.removeTemplate();
  await bed.untilNothingLives();
}

test("a claim that replaces two resources tells each template admin once, of both (168)", {
  timeout: 60_000,
}, async () => {
  const second = replacing("true").slice(demo.length).replace('"owned"', '"mail"');
  await bed.push(1, `${replacing("true")}${second}`);
  bed.start();
  const id = await claimed();
  await waitUntil("it is usable", async () => (await bed.workspace(id)).isUsable, settledWithinMs);
  const query = { name: "test_notes", text: "select kind, detail from notifications where kind like 'claim%'" };
  interface Note {
    readonly kind: string;
    readonly detail: { readonly replacements: readonly { readonly address: string }[] };
  }
  const notes = await bed.server.server.store.query<Note>(query, []);
  expect(notes.map(({ detail }) => detail.replacements.map(({ address }) => address))).toEqual([
    ["terraform_data.mail", "terraform_data.owned"],
  ]);
  await bed.build(id, "delete");
  await bed.until(id, "deleted");
  await bed.removeTemplate();
  await bed.untilNothingLives();
});

describe("S14: a claim build", { timeout: 120_000 }, () => {
  test.each([
    "claim: before anything",
    "claim: before its state is stored",
    "claim: after its state is stored",
    "claim: before its report",
  ])("whose daemon is killed at %j leaves the workspace with its claimant, who starts it again", async (killAt) => {
    await bed.push(1, replacing("true"));
    const first = bed.start({ killAt });
    const id = await claimed();
    await ended(first);
    expect(first.signalCode).toBe("SIGKILL");
    bed.start();
    await isRepaired(id, "abandoned");
  });

  test("that fails says why, and leaves the workspace with its claimant, who starts it again", async () => {
    await bed.push(1, replacing('test "$PREWARM_IS_CLAIM" != true || { echo "no quota for you" >&2; exit 1; }'));
    bed.start();
    const id = await claimed();
    await isRepaired(id, "build_failed");
  });
});
