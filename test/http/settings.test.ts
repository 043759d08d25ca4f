import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Setting } from "../../src/contracts/api/settings.ts";
import { Client } from "../../src/client/client.ts";
import type { RunningServer } from "../../src/main/start-server.ts";
import { administratorPassword, startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

const name = "prebuilds.in_flight_total";
let bed: TestServer;
let other: RunningServer;
let otherAdmin: Client;

beforeAll(async () => {
  bed = await startTestServer();
  other = await bed.another();
  const { secret } = await bed.client().call("login", { body: { username: "admin", password: administratorPassword } });
  otherAdmin = new Client({ url: other.url, token: secret });
});

afterAll(async () => await bed.stop());

async function setting(wanted: string, client = bed.admin): Promise<Setting | undefined> {
  const { settings } = await client.call("listSettings", {});
  return settings.find((candidate) => candidate.name === wanted);
}

async function store(wanted: string, value: string): Promise<Setting> {
  return await bed.admin.call("storeSetting", { params: { setting: wanted }, body: { value } });
}

describe("options that are changed while servers run", () => {
  test("one counts on the server that was asked at once, and on the other within seconds", async () => {
    expect(await setting(name)).toMatchObject({ value: "200", source: "default", effect: "at_once", stored: null });
    const changed = await store(name, "17");
    expect(changed).toMatchObject({ value: "17", source: "stored", stored: { by: "admin", isInForce: true } });
    expect(bed.server.context.options.poolLimits.inFlightMax).toBe(17);
    await waitUntil("the other server has it", () => other.context.options.poolLimits.inFlightMax === 17);
    expect(await setting(name, otherAdmin)).toMatchObject({ value: "17" });
  });

  test("it is read again where its news were lost", async () => {
    const text = `insert into settings (key, value, updated_at) values ('option:prebuilds.creates_per_minute', '"23"', now())`;
    await bed.server.store.query({ name: "test_setting_silently", text }, []);
    await waitUntil("both servers have it", () =>
      [bed.server, other].every(({ context }) => context.options.poolLimits.createsPerMinuteMax === 23),
    );
  });

  test("a server that starts afterwards has it from its first request on", async () => {
    await store("session.lifetime", "2h");
    const third = await bed.another();
    expect(third.context.options.sessionLifetimeMs).toBe(2 * 3_600_000);
  });

  test("each change is audited once, with what was before; the same value again is no change", async () => {
    const audited = "prebuilds.failed_kept";
    for (const value of ["4", "5", "5"]) await store(audited, value);
    await bed.admin.call("resetSetting", { params: { setting: audited } });
    await bed.admin.call("resetSetting", { params: { setting: audited } });
    const { entries } = await bed.admin.call("listAudit", { query: { limit: 100 } });
    const told = entries
      .filter(({ target }) => target.name === audited)
      .map(({ action, detail }) => ({ action, detail }));
    expect(told).toEqual([
      { action: "setting.reset", detail: { before: "5" } },
      { action: "setting.store", detail: { before: "4", after: "5" } },
      { action: "setting.store", detail: { before: null, after: "4" } },
    ]);
  });

  test("reset, its default counts again", async () => {
    const wanted = "prebuilds.failure_hard_limit";
    await store(wanted, "7");
    const limitOf = ({ context }: RunningServer): number => context.options.poolLimits.policy.failureHardLimit;
    await waitUntil("the other server has it", () => limitOf(other) === 7);
    const reset = await bed.admin.call("resetSetting", { params: { setting: wanted } });
    expect(reset).toMatchObject({ value: "3", source: "default", stored: null });
    await waitUntil("the other server has it", () => limitOf(other) === 3);
  });

  test("a changed limit is held to by the next request", async () => {
    await store("http.creations_per_minute", "1");
    const create = async (): Promise<unknown> =>
      await bed.admin.call("createWorkspace", { body: { name: "x", template: "no-such" } });
    await expect(create()).rejects.toMatchObject({ code: "not_found" });
    await expect(create()).rejects.toMatchObject({ code: "rate_limited" });
    await bed.admin.call("resetSetting", { params: { setting: "http.creations_per_minute" } });
    await expect(create()).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("what is refused", () => {
  test.each([
    { wanted: "http.port", value: "1", code: "setting_needs_restart" },
    { wanted: "no.such", value: "1", code: "not_found" },
    { wanted: name, value: "many", code: "invalid_parameter" },
    { wanted: name, value: "", code: "invalid_parameter" },
    { wanted: "session.lifetime", value: "1s", code: "invalid_parameter" },
  ])("$wanted = $value: $code", async ({ wanted, value, code }) => {
    await expect(store(wanted, value)).rejects.toMatchObject({ code });
  });

  test("secrets are not in the list, and members see none of it", async () => {
    const { settings } = await bed.admin.call("listSettings", {});
    const secrets = settings.filter(({ isSecret }) => isSecret);
    expect(secrets.map(({ name: of }) => of)).toEqual(expect.arrayContaining(["pg.url", "state.key"]));
    expect(secrets.map(({ value }) => value)).toEqual(secrets.map(() => null));
    const member = await bed.member("curious");
    await expect(member.call("listSettings", {})).rejects.toMatchObject({ code: "forbidden" });
  });
});
