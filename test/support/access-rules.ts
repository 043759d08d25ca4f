// What the access of a route means for each role: for the test of the server and for that of the dashboard.
import type { RouteDefinition } from "../../src/contracts/api/route.ts";
import type { RouteId } from "../../src/contracts/api/routes.ts";
import type { Subject } from "./access-world.ts";

export const people = ["administrator", "template_admin", "owner", "member", "outsider"] as const;
export type Person = (typeof people)[number];

/** What is answered to whoever may not: 403 where he may know that it exists, else 404. */
type Refusals = Readonly<Partial<Record<Person, 403 | 404>>>;

const toMembers: Refusals = { owner: 403, member: 403 };
const administratorsOnly: Refusals = { template_admin: 403, ...toMembers, outsider: 403 };
/** Who is not in the organization is not told what it has. */
const hidden: Refusals = { outsider: 404 };
const poolsOwn: Refusals = { ...hidden, owner: 404, member: 404 };
const personsOwn: Refusals = { ...hidden, template_admin: 404, member: 404 };

export function refusalsOf(id: RouteId, { access }: RouteDefinition, subject: Subject): Refusals {
  switch (access) {
    case "administrator":
      return administratorsOnly;
    case "template_admin":
      if (id !== "listStateVersions" && id !== "getStateVersion") return { ...toMembers, ...hidden };
      // A person's is for administrators alone: refused to its owner, who may see it, and hidden from everybody else.
      return subject === "person" ? { ...personsOwn, owner: 403 } : poolsOwn;
    case "organization_member":
      return hidden;
    case "workspace_owner":
    case "job_initiator":
      return subject === "person" ? personsOwn : poolsOwn;
    case "workspace_user":
      // Whoever may see it is told that it is not his.
      return { ...(subject === "person" ? personsOwn : { ...poolsOwn, template_admin: 403 }), administrator: 403 };
    case "self_or_administrator":
      return id === "revokeToken" ? personsOwn : hidden;
    default:
      return {};
  }
}
