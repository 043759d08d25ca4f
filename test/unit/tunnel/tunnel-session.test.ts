import { expect, test } from "vitest";
import { TunnelSession } from "../../../src/agent/tunnel/tunnel-session.ts";

test("a stream that leads to no socket is over for the agent, too, when it is closed", () => {
  let over = 0;
  const onOver = (): void => void (over += 1);
  const session = new TunnelSession({ id: "1", secret: "s", userId: "u", onWork: () => undefined, onOver });
  session.duplex.destroy();
  return new Promise<void>((resolve) => session.duplex.once("close", resolve)).then(() => expect(over).toBe(1));
});
