// S19 as often as it asks for; test/db/quota.test.ts does it a few times in the gate.
import { expect, it } from "vitest";
import { admitOneOfSeven } from "../support/quota-rounds.ts";

const roundsTotal = 1_000;
/** Side by side, each on a database of its own: one alone waits for its round trips most of the time. */
const deployments = 2;

it("S19: usage equals the sum of what lives a thousand times over, with seven creations at once for the place of one", async () => {
  const done = Array.from({ length: deployments }, () => admitOneOfSeven(roundsTotal / deployments));
  await expect(Promise.all(done)).resolves.toHaveLength(deployments);
});
