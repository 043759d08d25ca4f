// How often one agent may ask for tokens: a program in a workspace could ask without end.
import { afterAll, beforeAll, expect, test } from "vitest";
import { gitAsksPerMinuteMax } from "../../src/contracts/limits.ts";
import { type AccessWorld, createAccessWorld } from "../support/access-world.ts";

let world: AccessWorld;
beforeAll(async () => {
  world = await createAccessWorld();
});
afterAll(async () => world.stop());

test("an agent asks for tokens so often in a minute, and then is refused, while its claim record is answered as ever", async () => {
  const token = world.tokenOf("agent");
  const ask = async (): Promise<number> => {
    const answer = await world.send("agentGitCredential", token);
    await answer.body?.cancel();
    return answer.status;
  };
  const first = await Promise.all(Array.from({ length: gitAsksPerMinuteMax }, ask));
  expect(first).not.toContain(429);
  expect(await ask()).toBe(429);
  expect((await world.send("agentClaim", token)).status).toBe(200);
});
