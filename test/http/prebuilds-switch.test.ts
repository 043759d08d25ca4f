// Prebuilds switched off and on through the API of a whole server, and what a server that starts finds.
import { expect, test } from "vitest";
import { parseSeries } from "../support/metrics.ts";
import { startTestServer } from "../support/test-server.ts";

test("an administrator switches prebuilds off and on; nobody else may; status and metrics of the server follow", async () => {
  const server = await startTestServer({ metricsPublic: true });
  try {
    const member = await server.member("mallory");
    const gauge = async (): Promise<unknown> => {
      const text = await (await fetch(new URL("/metrics", server.url))).text();
      return parseSeries(text).get("prewarm_prebuilds_enabled");
    };
    await expect(member.call("disablePrebuilds", {})).rejects.toMatchObject({ code: "forbidden" });
    await expect(member.call("enablePrebuilds", {})).rejects.toMatchObject({ code: "forbidden" });
    expect(await gauge()).toBe(1);
    expect(await server.admin.call("disablePrebuilds", {})).toEqual({ isEnabled: false, isOffByOption: false });
    expect(await gauge()).toBe(0);
    expect(await member.call("listPools", {})).toMatchObject({ isEnabled: false, disabledBy: null });
    expect(await server.admin.call("listPools", {})).toMatchObject({ isEnabled: false, disabledBy: "admin" });
    expect(await server.admin.call("enablePrebuilds", {})).toEqual({ isEnabled: true, isOffByOption: false });
    expect(await gauge()).toBe(1);
    expect(await member.call("listPools", {})).toMatchObject({ isEnabled: true, disabledAt: null });
  } finally {
    await server.stop();
  }
});

test("a server that is started on a deployment whose prebuilds are off claims nothing, from its first request on", async () => {
  const first = await startTestServer();
  try {
    await first.admin.call("disablePrebuilds", {});
    const second = await first.another();
    expect(second.context.prebuildsSwitch.isOn()).toBe(false);
  } finally {
    await first.stop();
  }
});

test("a server whose option is off stays off when they are switched on", async () => {
  const server = await startTestServer({ prebuildsEnabled: false });
  try {
    expect(await server.admin.call("enablePrebuilds", {})).toEqual({ isEnabled: false, isOffByOption: true });
    expect(await server.admin.call("listPools", {})).toMatchObject({ isEnabled: false, isOffByOption: true });
    expect(server.server.context.prebuildsSwitch.isOn()).toBe(false);
  } finally {
    await server.stop();
  }
});
