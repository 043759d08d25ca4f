// S15 and S16 with a server over HTTP, daemons as processes of their own, and real Terraform.
import type { ChildProcess } from "node:child_process";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { terraformMissing } from "../support/terraform.ts";
import { ended, kill, settledWithinMs, TerraformDaemons } from "../support/terraform-daemons.ts";
import { waitUntil } from "../support/wait-until.ts";

let bed: TerraformDaemons;
beforeEach(async (context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  bed = new TerraformDaemons();
  await bed.open();
});
afterEach(() => bed?.close());

describe("S15: a provider", { timeout: 120_000 }, () => {
  test("that answers 500, or does the work and does not answer, gets no pool wrong and leaves nothing over", async () => {
    bed.cloud.fail("create-500", "create-late");
    await bed.push(2);
    bed.start();
    await waitUntil("both faults were met", () => bed.cloud.hasFailed(), settledWithinMs);
    await bed.databaseAndProviderMatch(2);
    bed.cloud.fail("delete-500", "delete-late", "delete-other-404");
    await bed.removeTemplate();
    await bed.databaseAndProviderMatch(0);
    expect(bed.cloud.hasFailed()).toBe(true);
  });
});

const createSteps = [
  "start: before anything",
  "start: before its state is stored",
  "start: after its state is stored",
  "start: before its report",
];
const deleteSteps = [
  "delete: before anything",
  "delete: before its state is stored",
  "delete: after its state is stored",
  "delete: before its report",
];

describe("S15: a daemon with Terraform", { timeout: 120_000 }, () => {
  test.each(createSteps)("killed at %j is followed by a full pool, with nothing twice", async (killAt) => {
    await bed.push(1);
    const first = bed.start({ killAt });
    await ended(first);
    expect(first.signalCode).toBe("SIGKILL");
    bed.start();
    await bed.databaseAndProviderMatch(1);
    await bed.removeTemplate();
    await bed.databaseAndProviderMatch(0);
  });

  test.each(deleteSteps)("killed at %j is followed by a delete that leaves nothing", async (killAt) => {
    await bed.push(1);
    const first = bed.start({ killAt });
    await bed.databaseAndProviderMatch(1);
    await bed.removeTemplate();
    await ended(first);
    expect(first.signalCode).toBe("SIGKILL");
    bed.start();
    await bed.databaseAndProviderMatch(0);
  });

  test("killed while Terraform goes on creating is followed by a full pool, with nothing twice", async () => {
    bed.cloud.hold("second");
    await bed.push(1);
    const first = bed.start();
    await waitUntil("the second thing", () => bed.cloud.things().length === 2, settledWithinMs);
    await kill(first);
    bed.cloud.letGo();
    bed.start();
    await bed.databaseAndProviderMatch(1);
    await bed.removeTemplate();
    await bed.databaseAndProviderMatch(0);
  });
});

describe("S16: a daemon that loses its lease, goes on, and reports success is refused", { timeout: 120_000 }, () => {
  /** A daemon that stands still while its Terraform goes on, until its job was given up. */
  async function lost(hold: "first" | "second"): Promise<{ readonly daemon: ChildProcess; readonly id: string }> {
    bed.cloud.hold(hold);
    await bed.push(0);
    const daemon = bed.start();
    await bed.untilPublished();
    const body = { name: "mine", template: "web" };
    const { workspace } = await bed.server.admin.call("createWorkspace", { body });
    const held = hold === "first" ? 1 : 2;
    await waitUntil(`the ${hold} thing`, () => bed.cloud.things().length === held, settledWithinMs);
    // What is told of a thing comes some time after it. The first one's name has no build: if the server did not know
    // it, the next build would make what looks like the same thing.
    if (hold === "second") await bed.untilKnown(workspace.id, "terraform_data.first");
    daemon.kill("SIGSTOP");
    bed.cloud.letGo();
    await bed.until(workspace.id, "failed");
    await waitUntil("what nobody is told of", () => bed.cloud.things().length === 2, settledWithinMs);
    bed.start({ name: "two" });
    return { daemon, id: workspace.id };
  }

  test("and what it made is removed, when the workspace was started anew by another", async () => {
    const { daemon, id } = await lost("second");
    await bed.build(id, "start");
    await bed.until(id, "running");
    expect(bed.cloud.things()).toEqual([`${id}-first`, `${id}-second-1`, `${id}-second-2`]);
    daemon.kill("SIGCONT");
    await bed.databaseAndProviderMatch(1);
    expect(bed.cloud.things()).toEqual([`${id}-first`, `${id}-second-2`]);
    await bed.build(id, "delete");
    await bed.databaseAndProviderMatch(0);
  });

  test("and what it made is removed, when the workspace was deleted by another", async () => {
    const { daemon, id } = await lost("first");
    await bed.build(id, "delete");
    await bed.until(id, "deleted");
    // The first one is gone as well, if the daemon could still tell of it before it stood still.
    expect(bed.cloud.things()).toContain(`${id}-second-1`);
    daemon.kill("SIGCONT");
    await bed.databaseAndProviderMatch(0);
  });

  test("and what it made is adopted, when no later job has begun", async () => {
    const { daemon, id } = await lost("first");
    daemon.kill("SIGCONT");
    await waitUntil("the state is adopted", () =>
      bed.server.logger.entries.some(({ message }) => message === "what a lost attempt had made is known now"),
    );
    await kill(daemon);
    await bed.build(id, "delete");
    await bed.databaseAndProviderMatch(0);
  });
});
