import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RouteDefinition } from "../../src/contracts/api/route.ts";
import type { ErrorResponse } from "../../src/contracts/api/error-response.ts";
import { routes } from "../../src/contracts/api/routes.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;
let memberToken: string;

beforeAll(async () => {
  server = await startTestServer();
  memberToken = (await server.member("mallory")).token ?? "";
});

afterAll(async () => server.stop());

const entries = Object.entries(routes as Readonly<Record<string, RouteDefinition>>);
const closed = entries.filter(([, route]) => route.credential !== "none");
const nobody = "00000000-0000-4000-8000-00000000dead";

/** A path whose parameters name things that exist for nobody. */
function pathOf(route: RouteDefinition): string {
  return route.path
    .replace(":hash", "0".repeat(64))
    .replace(/:(jobId|tokenId|keyId|workspaceId)/g, nobody)
    .replace(":workspace", nobody)
    .replace(":version", "0")
    .replace(/:\w+/g, "nothing");
}

async function send(route: RouteDefinition, token: string | undefined, body?: unknown): Promise<Response> {
  return fetch(new URL(pathOf(route), server.url), {
    method: route.method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
}

describe("every closed route", () => {
  test.each(closed)("%s refuses a request without a credential", async (_, route) => {
    const answer = await send(route, undefined);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: { code: "unauthenticated" } });
  });

  test.each(closed)("%s refuses a credential that nobody issued", async (_, route) => {
    expect((await send(route, "pw_session_forged")).status).toBe(401);
  });

  test.each(
    closed.filter(([, route]) => route.credential !== "user"),
  )("%s refuses a person's session", async (_, route) => {
    expect((await send(route, memberToken)).status).toBe(401);
  });

  test.each(
    closed.filter(([, route]) => route.credential !== "daemon"),
  )("%s refuses a daemon's key", async (_, route) => {
    expect((await send(route, server.server.daemonKey)).status).toBe(401);
  });
});

const bodies: Readonly<Record<string, unknown>> = {
  createUser: { username: "eve", password: "long enough" },
  suspendUser: { reason: "none" },
  resetPassword: { password: "long enough" },
  setRole: { role: "administrator" },
  endUserSessions: {},
  createDaemonKey: { name: "mine" },
  adoptDaemon: { by: "mine" },
  deprecateTemplate: { deprecated: true },
  cancelJobs: {},
  invalidatePrebuilds: { template: "nothing" },
  cleanPrebuilds: {},
  setTemplateLifecycle: { changes: {} },
  createGroup: { name: "mine" },
  editGroup: { allowance: 1000 },
  addGroupMembers: { usernames: ["mallory"] },
  retryDeliveries: {},
  createWebhook: { name: "mine", url: "https://hooks.example.org" },
};

describe("a member without further roles", () => {
  const forAdministrators = entries.filter(([, route]) => route.access === "administrator");
  test.each(forAdministrators)("%s is refused, as it is for administrators", async (id, route) => {
    const answer = await send(route, memberToken, bodies[id]);
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: { code: "forbidden" } });
  });

  const forTemplateAdmins = entries.filter(
    ([, route]) => route.access === "template_admin" && route.transport !== "binary_up",
  );
  test.each(forTemplateAdmins)("%s is refused, as it is for template admins", async (id, route) => {
    const answer = await send(route, memberToken, bodies[id]);
    expect([403, 404]).toContain(answer.status);
  });

  test("is told that another's workspace does not exist", async () => {
    const answer = await send(routes.getWorkspace, memberToken);
    expect(answer.status).toBe(404);
  });
});

test("a cookie alone changes nothing when the request comes from another site", async () => {
  const answer = await fetch(new URL("/api/v1/auth/logout", server.url), {
    method: "POST",
    headers: { cookie: `prewarm_session=${memberToken}`, origin: "http://elsewhere.example" },
  });
  expect(answer.status).toBe(403);
});

test("signing in too often from one address is answered 429 with the time to wait", async () => {
  const attempt = async (): Promise<Response> =>
    fetch(new URL("/api/v1/auth/login", server.url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username: "nobody", password: "wrong" }),
    });
  const answers = await Promise.all(Array.from({ length: 40 }, attempt));
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([401, 429]));
  const refused = answers.find((answer) => answer.status === 429);
  expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
  // After five of them wrong passwords have to wait; beyond thirty in a minute nothing is looked at at all.
  const codes = await Promise.all(answers.map(async (answer) => ((await answer.json()) as ErrorResponse).error.code));
  expect(new Set(codes)).toEqual(new Set(["invalid_credentials", "too_many_sign_ins", "rate_limited"]));
});
