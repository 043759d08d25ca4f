import { createServer } from "node:net";
import { expect, test } from "vitest";
import type { CodedError } from "../../src/contracts/errors.ts";
import type { ExecEnd } from "../../src/http/exec-end.ts";
import { openRelayedExec } from "../../src/http/exec-relay.ts";
import { httpLimits } from "../../src/http/http-limits.ts";

async function refusingPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("a command whose server refuses the connection is lost with a code, and hanging up then harms nobody", async () => {
  const url = new URL(`ws://127.0.0.1:${await refusingPort()}/api/v1/workspaces/w/exec`);
  const start = { kind: "start", command: ["true"], env: {}, agent: null } as const;
  const lost = await new Promise<CodedError>((resolve) => {
    const end: ExecEnd = openRelayedExec(
      {
        url,
        start: { ...start, command: [...start.command] },
        headers: {},
        limits: httpLimits,
      },
      {
        onOpen: () => undefined,
        onFrame: () => undefined,
        onLost: (error) => {
          // As a bridge does: whatever is thrown here would end the server.
          end.hold?.(false);
          end.hangUp();
          resolve(error);
        },
      },
    );
  });
  expect(lost).toMatchObject({ code: "agent_unavailable" });
});
