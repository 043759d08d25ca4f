import { expect, test } from "vitest";
import { appLabel } from "../../../src/contracts/app-address.ts";
import type { WorkspaceId } from "../../../src/contracts/ids.ts";
import { isAllowedOrigin } from "../../../src/http/apps/app-origins.ts";
import type { AppVisitors } from "../../../src/http/apps/app-visitors.ts";

const workspaceId = "01234567-89ab-4def-8123-456789abcdef" as WorkspaceId;
const labelOf = (name: string): string => appLabel({ what: { kind: "app", name }, workspaceId, agentNumber: 1 });
/** Of whichever app the owner is the same. */
const visitors = { place: async () => ({ workspace: { owner_id: "ann" } }) } as unknown as AppVisitors;

function isAllowed(origin: string, publicOrigin: string): Promise<boolean> {
  const place = { workspace: { owner_id: "ann" }, app: { cors: "own" } };
  return isAllowedOrigin(visitors, origin, { place, publicOrigin, appsHost: "apps.localhost" } as never);
}

test.each([
  ["http", ":7080", "http", ":7080", true],
  ["http", ":7080", "http", ":5173", false],
  ["http", ":7080", "http", "", false],
  ["https", "", "http", "", false],
  ["https", "", "https", "", true],
] as const)("to an app at %s and port %j an app of the same owner at %s and port %j may ask: %s", async (scheme, port, its, itsPort, may) => {
  const own = `${scheme}://${labelOf("web")}.apps.localhost${port}`;
  expect(await isAllowed(`${its}://${labelOf("api")}.apps.localhost${itsPort}`, own)).toBe(may);
});
