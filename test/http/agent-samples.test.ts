// What a running agent tells of its metadata: from its first connection on, and as its build says.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { AgentManifest } from "../../src/contracts/agent-protocol.ts";
import type { AgentMetadataItem } from "../../src/contracts/agent-settings.ts";
import { AgentBed } from "../support/running-agent.ts";
import { agentManifest, claimedBy } from "../support/scripted-agent-server.ts";

let bed: AgentBed;
beforeEach(async () => {
  bed = new AgentBed();
  await bed.server.start();
});
afterEach(() => bed.close());

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 5 });

function item(key: string, run: string): AgentMetadataItem {
  return { key, name: "", run, intervalMs: 1_000, timeoutMs: 1_000, order: 0 };
}

function known(generation: number, metadata: AgentMetadataItem[]): AgentManifest {
  const told = { directory: "", env: { WHO: `of ${generation}` }, motdFile: "", scripts: [], metadata };
  return agentManifest({ settings: { state: "known", generation, ...told } });
}

/** Each report as `KEY=VALUE …`. */
const told = (): readonly string[] =>
  bed.server.frames.flatMap((frame) =>
    frame.kind === "metadata" ? [frame.values.map(({ key, value }) => `${key}=${value}`).join(" ")] : [],
  );

test("the items are told as soon as they are known, and their values as they are found", async () => {
  bed.server.manifest = known(0, [item("who", 'echo "$WHO"'), item("bad", "exit 3")]);
  bed.start();
  await until(() => expect(told()).toContain("who=of 0 bad="));
  expect(told()[0]).toBe("who= bad=");
  const frame = bed.server.frames.findLast(({ kind }) => kind === "metadata");
  expect(frame).toMatchObject({
    at: expect.stringMatching(/^\d{4}-.*Z$/),
    values: [{ intervalMs: 1_000, error: "" }, { error: "it exited with 3" }],
  });
});

test("with the owner's build its items take the place of the prebuild's, and none are left when it has none", async () => {
  bed.server.manifest = known(0, [item("who", 'echo "$WHO"')]);
  bed.start();
  await until(() => expect(told()).toContain("who=of 0"));
  bed.server.manifest = known(1, []);
  bed.server.record = claimedBy("ada");
  bed.server.send({ kind: "poke" });
  await until(() => expect(told().at(-1)).toBe(""));
});
