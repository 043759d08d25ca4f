import { Check } from "typebox/value";
import { describe, expect, test } from "vitest";
import { ManifestApp } from "../../../src/contracts/manifest-apps.ts";
import { appCheck, appListener, appProblems } from "../../../src/platform/manifest-apps.ts";

const tcp = (port: number, isTls = false) => ({ kind: "tcp", port, isTls });

test.each([
  [{ url: "http://localhost" }, { at: tcp(80), path: "/" }],
  [{ url: "https://127.0.0.1/x?y=1" }, { at: tcp(443, true), path: "/x?y=1" }],
  [{ url: "unix:/run/app.sock" }, { at: { kind: "unix", path: "/run/app.sock" }, path: "/" }],
  [{ url: "unix:~/app.sock" }, { at: { kind: "unix", path: "~/app.sock" }, path: "/" }],
  [{ command: "htop -d 5" }, { at: { kind: "terminal", command: "htop -d 5" }, path: "/" }],
])("an app is reached as its template means: %j", (app, expected) => {
  expect(appListener(app)).toEqual(expected);
});

const problems = (app: object) =>
  appProblems([{ name: "code", ...app }], "agents[0]").map(({ field }) => field.replace("agents[0].apps[0].", ""));

test.each([
  [{}, ["url"]],
  [{ url: "http://localhost:1", command: "htop" }, ["url"]],
  [{ url: "http://localhost:0" }, ["url"]],
  [{ url: "unix:app.sock" }, ["url"]],
  [{ url: "unix:/run/" }, ["url"]],
  [{ url: `unix:/${"a".repeat(100)}` }, ["url"]],
  [
    { command: "htop", share: "owner", max_share: "public", host: "localhost", cors: "none" },
    ["share", "max_share", "host", "cors"],
  ],
  [{ command: "htop", healthcheck: {} }, ["healthcheck"]],
  [{ url: "http://localhost:1", healthcheck: { url: "http://example.com/" } }, ["healthcheck"]],
  [{ url: "http://localhost:1", healthcheck: { url: "healthz" } }, ["healthcheck"]],
  [{ url: "unix:/run/app.sock", healthcheck: { url: "/healthz" } }, []],
  [{ command: "htop", order: 1, hidden: true, icon: "/icon/htop.svg", open_in: "window" }, []],
])("what is wrong with an app is said where it stands: %j", (app, fields) => {
  expect(problems(app)).toEqual(fields);
});

describe("a health check", () => {
  const app = { name: "code", url: "https://localhost:8443/start?a=1" };
  const usual = { app: "code", intervalMs: 10_000, timeoutMs: 5_000, threshold: 3 };
  test.each([
    [{}, { at: tcp(8443, true), path: "/start?a=1" }],
    [{ url: "/healthz?full" }, { at: tcp(8443, true), path: "/healthz?full" }],
    [{ url: "http://127.0.0.1:9000/up" }, { at: tcp(9000), path: "/up" }],
    [{ url: "unix:/run/health.sock" }, { at: { kind: "unix", path: "/run/health.sock" }, path: "/" }],
  ])("asks where its template says, and else the app itself: %j", (healthcheck, expected) => {
    expect(appCheck({ ...app, healthcheck })).toEqual({ ...usual, ...expected });
  });

  test("has the times that its template says, in seconds", () => {
    const healthcheck = { interval: 60, timeout: 2, threshold: 1 };
    expect(appCheck({ ...app, healthcheck })).toMatchObject({ intervalMs: 60_000, timeoutMs: 2_000, threshold: 1 });
    expect(appCheck(app)).toBeNull();
  });

  test.each([
    [{ interval: 0 }],
    [{ interval: 3_601 }],
    [{ timeout: 61 }],
    [{ threshold: 101 }],
    [{ intervall: 1 }],
  ])("is bounded: %j is refused", (healthcheck) => {
    expect(Check(ManifestApp, { ...app, healthcheck: { interval: 5 } })).toBe(true);
    expect(Check(ManifestApp, { ...app, healthcheck })).toBe(false);
  });
});
