import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ErrorResponse } from "../../src/contracts/api/error-response.ts";
import type { RouteDefinition } from "../../src/contracts/api/route.ts";
import { type RouteId, routes } from "../../src/contracts/api/routes.ts";
import { people, type Person, refusalsOf } from "../support/access-rules.ts";
import { type About, type AccessWorld, createAccessWorld, type Subject } from "../support/access-world.ts";

let world: AccessWorld;

beforeAll(async () => {
  world = await createAccessWorld();
});

afterAll(async () => world.stop());

const entries = Object.entries(routes) as readonly (readonly [RouteId, RouteDefinition])[];
const closed = entries.filter(([, route]) => route.credential !== "none");

describe("every closed route", () => {
  test.each(closed)("%s refuses a request without a credential", async (id) => {
    const answer = await world.send(id, undefined);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: { code: "unauthenticated" } });
  });

  test.each(closed)("%s refuses a credential that nobody issued", async (id) => {
    expect((await world.send(id, "pw_session_forged")).status).toBe(401);
  });

  const ofOthers = closed.flatMap(([id, route]) =>
    (["user", "daemon", "agent"] as const)
      .filter((kind) => kind !== route.credential)
      .map((kind) => ({ id, kind, identity: kind === "user" ? ("administrator" as const) : kind })),
  );
  test.each(ofOthers)("$id refuses the credential of another kind: $kind", async ({ id, identity }) => {
    expect((await world.send(id, world.tokenOf(identity))).status).toBe(401);
  });
});

interface Case {
  readonly id: RouteId;
  readonly route: RouteDefinition;
  readonly subject: Subject;
  readonly identity: Person;
  readonly status: 403 | 404 | undefined;
}

const cases = entries
  .filter(([, route]) => route.credential === "user" && route.access !== "signed_in")
  .flatMap(([id, route]) => {
    const isEither = /:(workspace|jobId)\b/.test(route.path);
    return (isEither ? (["person", "pool"] as const) : (["person"] as const)).flatMap((subject) => {
      const refusals = refusalsOf(id, route, subject);
      return people.map((identity): Case => ({ id, route, subject, identity, status: refusals[identity] }));
    });
  });

describe("of what exists", () => {
  const refused = cases.filter(({ status }) => status !== undefined);
  test.each(refused)("$id of a $subject is refused to the $identity: $status", async (one) => {
    const answer = await world.send(one.id, world.tokenOf(one.identity), one);
    const { error } = (await answer.json()) as { error: { code: string } };
    expect([answer.status, error.code]).toEqual([one.status, one.status === 403 ? "forbidden" : "not_found"]);
  });

  const about: readonly (readonly [RouteId, About])[] = [
    ["listTokens", { query: { owner: "ann" } }],
    ["listWorkspaces", { query: { owner: "ann" } }],
    ["countWorkspaces", { query: { owner: "ann" } }],
    ["bulkWorkspaces", { body: { query: { owner: "ann" }, expectedCount: 1, action: "stop" } }],
    ["listSecrets", { query: { owner: "ann" } }],
    ["listShares", { query: { owner: "ann" } }],
    ["removeSecret", { query: { owner: "ann" } }],
    ["getQuota", { query: { user: "ann" } }],
    ["createWorkspace", { query: { owner: "ann" }, body: { name: "for-ann", template: "web", owner: "ann" } }],
  ];
  const forAnother = about.flatMap(([id, given]) =>
    (["template_admin", "member"] as const).map((identity) => ({ id, identity, given })),
  );
  test.each(forAnother)("$id for somebody else is refused to the $identity", async ({ id, identity, given }) => {
    expect((await world.send(id, world.tokenOf(identity), given)).status).toBe(403);
  });

  // So that it is the permission that refused, and not a path that leads nowhere. What destroys comes last, and once,
  // by whoever has the least right to it, what is in a thing before the thing.
  const destroys = /^(delete|remove|revoke|forget|orphan)/;
  const allowed = cases.filter(({ status }) => status === undefined);
  const harmless = allowed.filter(({ id }) => !destroys.test(id));
  const once = (["owner", "template_admin", "administrator"] as const).flatMap((identity) =>
    allowed.filter((one) => destroys.test(one.id) && one.identity === identity),
  );
  const destroying = once
    .filter((one, at) => once.findIndex(({ id, subject }) => id === one.id && subject === one.subject) === at)
    .sort((one, other) => other.route.path.length - one.route.path.length);
  test.each([...harmless, ...destroying])("$id of a $subject is let through for the $identity", async (one) => {
    const answer = await world.send(one.id, world.tokenOf(one.identity), one);
    await answer.body?.cancel();
    expect([401, 403, 404]).not.toContain(answer.status);
    expect(answer.status).toBeLessThan(500);
  });
});

test("a cookie alone changes nothing when the request comes from another site", async () => {
  const answer = await fetch(new URL("/api/v1/auth/logout", world.server.url), {
    method: "POST",
    headers: { cookie: `prewarm_session=${world.tokenOf("member")}`, origin: "http://elsewhere.example" },
  });
  expect(answer.status).toBe(403);
});

test("signing in too often from one address is answered 429 with the time to wait", async () => {
  const attempt = async (): Promise<Response> =>
    fetch(new URL("/api/v1/auth/login", world.server.url), {
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
