// Forms whose parameters are dynamic, over HTTP: a daemon answers them, and a creation is held against the answer.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import type { ManifestParameter } from "../../src/contracts/manifest-parameter.ts";
import { drawnByRegion, type FormDaemon, regionParameter, startFormDaemon } from "../support/form-daemon.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

const manifest = {
  parameters: [regionParameter, { name: "zone", default: "eu-1", dynamic: true, options: [{ value: "eu-1" }] }],
  presets: [
    { name: "warm", parameters: { region: "us" }, prebuilds: { instances: 0 } },
    { name: "cold", parameters: { region: "us", zone: "us-1" } },
  ],
};

let server: TestServer;
let daemon: FormDaemon;
beforeAll(async () => {
  server = await startTestServer();
  daemon = await startFormDaemon(server.admin, server.client, drawnByRegion);
  await daemon.push("shop", manifest, true);
  await daemon.push("plain", manifest, false);
});
afterAll(async () => {
  await daemon.stop();
  await server.stop();
});
beforeEach(() => {
  daemon.asked.length = 0;
  daemon.drawAs(drawnByRegion);
});

const form = (values: Readonly<Record<string, string>>, more: object = {}, client: Client = server.admin) =>
  client.call("evaluateTemplateForm", { params: { template: "shop" }, body: { values, ...more } });
const named = (parameters: readonly ManifestParameter[]): string => parameters.map(({ name }) => name).join();

test("a form is what a daemon draws for these values, with what is wrong of them", async () => {
  const first = await form({});
  expect(first).toMatchObject({ isDynamic: true, values: { region: "eu", zone: "eu-1" }, problems: [] });
  expect(named(first.parameters)).toBe("region,zone");
  const other = await form({ region: "us", zone: "eu-1", gone: "x" });
  expect(other.parameters[1]?.options).toEqual([{ value: "us-1" }]);
  expect(other.problems).toMatchObject([
    { parameter: "zone", kind: "invalid", reason: expect.stringContaining('"us-1"') },
    { parameter: "gone", kind: "unknown" },
  ]);
  const fixed = await form({ zone: "us-1" }, { preset: "warm" });
  expect(fixed).toMatchObject({ values: { region: "us", zone: "us-1" }, problems: [] });
  expect(daemon.asked.map(({ parameters }) => parameters)).toEqual([
    {},
    { gone: "x", region: "us", zone: "eu-1" },
    { region: "us", zone: "us-1" },
  ]);
  expect(daemon.asked[0]).toMatchObject({ templateName: "shop", driver: "terraform", owner: { username: "admin" } });
});

test("the same question is not asked twice, and another person's is another question", async () => {
  await form({ region: "eu", zone: "eu-2" });
  await form({ zone: "eu-2", region: "eu" });
  expect(daemon.asked).toHaveLength(1);
  const ada = await server.member("ada");
  expect(named((await form({ region: "eu", zone: "eu-2" }, {}, ada)).parameters)).toBe("region,zone");
  expect(daemon.asked).toHaveLength(2);
  await server.admin.call("createGroup", { body: { name: "rich" } });
  await server.admin.call("addGroupMembers", { params: { group: "rich" }, body: { usernames: ["ada"] } });
  expect(named((await form({ region: "eu", zone: "eu-2" }, {}, ada)).parameters)).toBe("region,zone,budget");
  await expect(form({}, { owner: "admin" }, ada)).rejects.toMatchObject({ code: "forbidden" });
});

test("of questions about one form one is asked at a time, and the newest waits in place of those before it", async () => {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  let isAsked: () => void = () => {};
  const begun = new Promise<void>((resolve) => (isAsked = resolve));
  daemon.drawAs(async (evaluation) => {
    isAsked();
    await held;
    return drawnByRegion(evaluation);
  });
  const running = form({ zone: "1" });
  await begun;
  const [older, newer] = [form({ zone: "2" }), form({ zone: "3" })];
  const ends = Promise.allSettled([older, newer]);
  await Promise.race([older, newer].map((one) => one.catch(() => {})));
  expect(daemon.asked).toHaveLength(1);
  release();
  expect(named((await running).parameters)).toBe("region,zone");
  const outcomes = await ends;
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "form_superseded" } });
});

test("what cannot be drawn is said in the daemon's words, and what a daemon may not draw is refused", async () => {
  await expect(form({ region: "mars" })).rejects.toMatchObject({
    code: "invalid_template",
    message: "main.tf:7: no such region.",
  });
  daemon.drawAs(() => ({ kind: "evaluated", parameters: [{ name: "n", type: "number", default: "many" }] }));
  await expect(form({ region: "odd" })).rejects.toMatchObject({
    code: "invalid_template",
    message: expect.stringContaining("with what was chosen"),
  });
});

test("a creation is held against the form of its values; what a preset's pool is made of asks nobody", async () => {
  const create = (name: string, body: object) =>
    server.admin.call("createWorkspace", { body: { name, template: "shop", ...body } });
  await expect(create("bad", { parameters: { region: "us", zone: "eu-1" } })).rejects.toMatchObject({
    code: "invalid_parameter",
    problems: [{ field: "parameters.zone" }],
  });
  await server.member("rich-bob");
  await server.admin.call("addGroupMembers", { params: { group: "rich" }, body: { usernames: ["rich-bob"] } });
  const { workspace } = await create("paid", { owner: "rich-bob", parameters: { region: "us", budget: "3" } });
  expect(workspace.parameters).toEqual({ region: "us", zone: "us-1", budget: "3" });
  const before = daemon.asked.length;
  const preset = await create("of-a-pool", { preset: "warm" });
  // What the preset leaves open is the default that the template has for its values.
  expect(preset.workspace.parameters).toEqual({ region: "us" });
  expect(daemon.asked).toHaveLength(before);
  await create("of-none", { preset: "cold", owner: "rich-bob" });
  expect(daemon.asked).toHaveLength(before + 1);
  const preview = await server.admin.call("previewWorkspace", {
    body: { name: "seen", template: "shop", parameters: { region: "us", zone: "eu-2" } },
  });
  expect(preview).toMatchObject({ outcome: "refused", refusals: [{ code: "parameter_invalid" }] });
});

test("a form that is the same for everybody is answered without a daemon", async () => {
  const answered = await server.admin.call("evaluateTemplateForm", {
    params: { template: "plain" },
    body: { values: { region: "moon" } },
  });
  expect(answered).toMatchObject({ isDynamic: false, problems: [{ parameter: "region", kind: "invalid" }] });
  expect(daemon.asked).toEqual([]);
});
