import { expect, test } from "vitest";
import { type StartFacts, startStep } from "../../../src/contracts/start-rule.ts";
import type { Workspace } from "../../../src/contracts/api/workspaces.ts";
import { sampleWorkspace } from "../../support/api-samples.ts";

const minute = 60_000;
type Facts = Partial<Omit<StartFacts, "workspace">>;

function step(workspace: Partial<Workspace>, facts: Facts = {}): string {
  const all = { ...sampleWorkspace(), ...workspace };
  const made = startStep({ workspace: all, mode: "auto", buildAgeMs: minute, connectedAgeMs: null, ...facts });
  return made.kind === "refuse" ? `refuse: ${made.message}` : made.kind;
}

const stopped = { status: "stopped", isUsable: false, name: "dev" } as const;

test.each<readonly [string, Facts, RegExp]>([
  ["nobody here was connected", { connectedAgeMs: null }, /^start$/],
  [
    "the connection ended with the stop",
    { buildAgeMs: 5 * minute, connectedAgeMs: 5 * minute },
    /while you were connected/,
  ],
  [
    "the connection outlived the stop",
    { buildAgeMs: 5 * minute, connectedAgeMs: 4 * minute },
    /while you were connected/,
  ],
  [
    "its last note is a little older",
    { buildAgeMs: 5 * minute, connectedAgeMs: 5.9 * minute },
    /while you were connected/,
  ],
  ["the connection ended before the stop", { buildAgeMs: 5 * minute, connectedAgeMs: 7 * minute }, /^start$/],
  [
    "the stop is just within its time",
    { buildAgeMs: 15 * minute, connectedAgeMs: 15 * minute },
    /while you were connected/,
  ],
  ["the stop was long ago", { buildAgeMs: 16 * minute, connectedAgeMs: 16 * minute }, /^start$/],
  ["it is asked for", { connectedAgeMs: minute, mode: "always" }, /^start$/],
  ["it is refused", { mode: "never" }, /dev is stopped/],
])("of a stopped workspace, when %s", (_, facts, expected) => {
  expect(step(stopped, facts)).toMatch(expected);
});

test("who was connected reads when and why it was stopped, and how to start it", () => {
  const { latestBuild } = sampleWorkspace();
  const workspace = {
    ...sampleWorkspace(),
    ...stopped,
    latestBuild: { ...latestBuild, reason: "stopped: idle for 1 h", completedAt: "2030-01-01T18:02:30.000Z" },
  };
  const made = startStep({ workspace, mode: "auto", buildAgeMs: minute, connectedAgeMs: minute });
  expect(made).toMatchObject({ kind: "refuse", next: "Start it with `prewarm start dev`." });
  expect(made).toMatchObject({
    message: expect.stringMatching(/^dev was stopped at \d\d:\d2 \(idle for 1 h\), while/),
  });
});

test.each<readonly [string, Partial<Workspace>, Facts, RegExp]>([
  ["usable", { status: "running", isUsable: true }, {}, /^connect$/],
  ["getting ready", { status: "running", isUsable: false }, {}, /^wait$/],
  [
    "in trouble",
    { status: "running", isUsable: false, trouble: { kind: "prewarm_failed", message: "No." } },
    {},
    /: No\./,
  ],
  [
    "gone",
    { status: "running", isUsable: false, lost: { kind: "resources", since: "2030-01-01T00:00:00.000Z" } },
    {},
    /gone/,
  ],
  ["pending", { status: "pending", isUsable: false }, {}, /^wait$/],
  ["starting", { status: "starting", isUsable: false }, { mode: "never" }, /^wait$/],
  ["stopping", { status: "stopping", isUsable: false }, {}, /^wait$/],
  ["stopping, which ends a connection", { status: "stopping" }, { connectedAgeMs: 0 }, /is being stopped, while/],
  [
    "stopping, and not to be started",
    { status: "stopping", isUsable: false },
    { mode: "never" },
    /is being stopped\.$/,
  ],
  ["failed", { status: "failed", isUsable: false }, { mode: "always" }, /The last start of \S+ /],
  ["being deleted", { status: "deleting", isUsable: false }, { mode: "always" }, /being deleted/],
  ["an unclaimed prebuild", { status: "running", isPrebuild: true }, { mode: "always" }, /prebuild/],
])("of a workspace that is %s", (_, workspace, facts, expected) => {
  expect(step(workspace, facts)).toMatch(expected);
});
