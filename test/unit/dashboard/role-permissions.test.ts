// The matrix of roles says what the server's test of access says: they are read from the same table.
import { describe, expect, it } from "vitest";
import type { RouteDefinition } from "../../../src/contracts/api/route.ts";
import { type RouteId, routes } from "../../../src/contracts/api/routes.ts";
import { type Allowance, allowances, permissionAreas } from "../../../src/dashboard/pages/admin/role-permissions.ts";
import { type Person, refusalsOf } from "../../support/access-rules.ts";

const ofPeople = (Object.entries(routes) as readonly (readonly [RouteId, RouteDefinition])[]).filter(
  ([, { credential }]) => credential === "user",
);
const table = ofPeople.map(([id, { tag, access, summary }]) => [id, tag, access, summary] as const);
/** What is refused there depends on whose token or state it is, which its summary says. */
const byWhose = new Set(["listStateVersions", "getStateVersion"]);

/** What the server's test expects of a person, for a thing that is his, another's or a pool's. */
function expected(
  [id, route]: (typeof ofPeople)[number],
  role: "member" | "template_admin" | "administrator",
): Allowance {
  const may = (person: Person, subject: "person" | "pool"): boolean =>
    refusalsOf(id, route, subject)[person] === undefined;
  if (role === "member") {
    if (may("member", "person")) return "all";
    return may("owner", "person") ? "own" : "none";
  }
  if (may(role, "person")) return "all";
  const isOwners = may("owner", "person");
  if (may(role, "pool")) return "own_and_prebuilds";
  return isOwners ? "own" : "none";
}

describe("the matrix of roles", () => {
  it.each(
    ofPeople.filter(([id, { access }]) => access !== "self_or_administrator" && !byWhose.has(id)),
  )("says of %s what the server's test of access says", (id, route) => {
    const allowed = allowances[route.access];
    const roles = ["member", "template_admin", "administrator"] as const;
    expect(allowed).toEqual(Object.fromEntries(roles.map((role) => [role, expected([id, route], role)])));
  });

  it("has each route of people once", () => {
    const shown = permissionAreas(table, { words: "", from: undefined }).flatMap(({ permissions }) => permissions);
    expect(shown.map(({ id }) => id).toSorted()).toEqual(ofPeople.map(([id]) => id).toSorted());
  });

  it("is narrowed by words and by what a role has beyond the one below it", () => {
    const words = permissionAreas(table, { words: "suspend a user", from: undefined });
    expect(words.map(({ label, permissions }) => [label, permissions.map(({ id }) => id)])).toEqual([
      ["People, roles and sessions", ["suspendUser"]],
    ]);
    const more = permissionAreas(table, { words: "", from: "template_admin" }).flatMap(
      ({ permissions }) => permissions,
    );
    expect(more.length).toBeGreaterThan(0);
    expect(more.every(({ allowed }) => allowed.template_admin !== allowed.member)).toBe(true);
  });
});
