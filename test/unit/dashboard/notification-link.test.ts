import { expect, test } from "vitest";
import { notificationKinds } from "../../../src/contracts/notification-kinds.ts";
import { linkOf } from "../../../src/dashboard/pages/inbox/notification-link.ts";

const detail = { workspace: "dev", template: "node", preset: "Large & new", jobId: "1-2", daemon: "rack-1" };

test.each([
  { kind: "workspace_dormant", to: "/@ann/dev" },
  { kind: "pool_hard_limited", to: "/pools/node/Large%20%26%20new" },
  { kind: "build_failed", to: "/jobs/1-2" },
  { kind: "claim_replaced_resources", to: "/templates/node" },
  { kind: "daemon_lost", to: "/admin/daemons" },
] as const)("$kind leads to $to", ({ kind, to }) => {
  expect(linkOf({ kind, detail }, "ann")?.to).toBe(to);
});

test("each kind leads somewhere, and none to half an address", () => {
  for (const kind of notificationKinds) {
    expect(linkOf({ kind, detail }, "ann"), kind).toBeDefined();
    expect(linkOf({ kind, detail: {} }, "ann")?.to ?? "/", kind).not.toContain("undefined");
  }
});
