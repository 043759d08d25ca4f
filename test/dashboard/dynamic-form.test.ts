// The form of a creation whose parameters depend on each other, as a daemon draws them.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Client } from "../../src/client/client.ts";
import { drawnByRegion, type FormDaemon, regionParameter, startFormDaemon } from "../support/form-daemon.ts";
import { dashboardScene, testLimitMs } from "./support/dashboard-scene.ts";

const scene = dashboardScene({ template: null });
const limit = { timeout: testLimitMs };
let daemon: FormDaemon;
beforeAll(async () => {
  const connect = (token: string): Client => new Client({ url: scene.url, token });
  daemon = await startFormDaemon(scene.admin, connect, drawnByRegion);
  await daemon.push("shop", { parameters: [regionParameter, { name: "zone", default: "eu-1" }] }, true);
}, testLimitMs);
afterAll(() => daemon.stop());

test("follows what is chosen, keeps what was typed, and shows beside its field what does not fit", limit, async () => {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const { page, expectComplaint } = await scene.openSignedIn("/new?template=shop&name=drawn");
  const zone = page.getByRole("group", { name: "zone" });
  await zone.getByRole("radio", { name: "eu-2" }).check();

  daemon.drawAs(async (evaluation) => {
    await held;
    return drawnByRegion(evaluation);
  });
  const region = page.getByRole("group", { name: "region" });
  await region.getByRole("radio", { name: "us" }).check();
  await page.getByText("Working out what the template asks for…").waitFor();
  expect(await zone.getByRole("radio", { name: "eu-2" }).isChecked()).toBe(true);
  release();
  await zone.getByRole("radio", { name: "us-1" }).waitFor();
  expect(await zone.getByRole("radio", { name: "eu-2" }).count()).toBe(0);
  await zone.getByText('The value "eu-2" is not one of the options "us-1".').waitFor();

  daemon.drawAs(drawnByRegion);
  await region.getByRole("radio", { name: "eu" }).check();
  await zone.getByRole("radio", { name: "eu-2", checked: true }).waitFor();

  expectComplaint(/400 \(Bad Request\).*templates\/shop\/parameters/);
  await region.getByRole("radio", { name: "mars" }).check();
  await page.getByText("main.tf:7: no such region.").first().waitFor();
  expect(await zone.getByRole("radio", { name: "eu-2" }).isChecked()).toBe(true);

  await region.getByRole("radio", { name: "us" }).check();
  await zone.getByRole("radio", { name: "us-1" }).check();
  await page.getByRole("button", { name: "Create workspace" }).click();
  await page.getByRole("heading", { name: "drawn", level: 1 }).waitFor();
  const made = await scene.admin.call("getWorkspace", { params: { workspace: "drawn" } });
  expect(made.parameters).toEqual({ region: "us", zone: "us-1" });
});
