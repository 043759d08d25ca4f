import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Manifest } from "../../../src/contracts/manifest.ts";
import type { BuildContext, BuildWork } from "../../../src/provisioner/driver.ts";
import { FakeDriver } from "../../../src/provisioner/drivers/fake/fake-driver.ts";
import { buildContext, testDeploymentId } from "../../support/build-context.ts";

let root: string;
let driver: FakeDriver;
beforeEach(async () => {
  root = mkdtempSync(path.join(tmpdir(), "prewarm-fake-"));
  driver = new FakeDriver({ root });
  await driver.open();
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function context(fake: NonNullable<Manifest["fake"]>, work: Partial<BuildWork> = {}): BuildContext {
  return { ...buildContext({ workspaceId: "one", template: "", work }), manifest: { driver: "fake", fake } };
}

test("what was started exists, and what was destroyed does not", async () => {
  await driver.apply(context({}));
  expect(await driver.list()).toEqual([{ workspaceId: "one", detail: "running", deploymentId: testDeploymentId }]);
  await driver.apply(context({}, { transition: "stop" }));
  expect(await driver.list()).toEqual([{ workspaceId: "one", detail: "stopped", deploymentId: testDeploymentId }]);
  await driver.destroy(context({}));
  await driver.destroy(context({}));
  expect(await driver.list()).toEqual([]);
});

test("what a daemon killed in the middle of a write left is told, and removed with its workspace", async () => {
  const draft = path.join(root, "one.workspace.new");
  writeFileSync(draft, `start of a build\n${testDeploymentId}`);
  expect(await driver.list()).toMatchObject([{ workspaceId: "one", deploymentId: testDeploymentId }]);
  await driver.destroy(context({}));
  expect(readdirSync(root)).toEqual([]);

  await driver.apply(context({}));
  writeFileSync(draft, "");
  expect(await driver.list()).toEqual([{ workspaceId: "one", detail: "running", deploymentId: testDeploymentId }]);
  await driver.remove("one");
  expect(readdirSync(root)).toEqual([]);
});

test("a start that fails leaves something that must be cleaned up", async () => {
  await expect(driver.apply(context({ fail: "start" }))).rejects.toMatchObject({ code: "build_failed" });
  expect(await driver.list()).toHaveLength(1);
  await driver.destroy(context({ fail: "start" }));
  expect(await driver.list()).toEqual([]);
});

test("a claim fails only where the script says claim, a delete only where it says delete", async () => {
  await expect(driver.apply(context({ fail: "claim" }, { stage: "claim" }))).rejects.toMatchObject({
    code: "build_failed",
  });
  await driver.apply(context({ fail: "claim" }));
  await expect(driver.destroy(context({ fail: "delete" }))).rejects.toMatchObject({ code: "build_failed" });
  expect(await driver.list()).toHaveLength(1);
});

test("a latency ends early when the work is stopped", async () => {
  const stop = new AbortController();
  const working = driver.apply({ ...context({ start_ms: 600_000 }), abort: stop.signal });
  stop.abort();
  await expect(working).rejects.toThrow("stopped");
});
