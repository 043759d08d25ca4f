import { describe, expect, test } from "vitest";
import { judgePlan, valueTextLengthMax } from "../../../src/domain/replacement/plan-report.ts";
import { readPlan } from "../../../src/domain/replacement/planned-change.ts";

interface ChangeDraft {
  readonly actions?: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
  readonly after_unknown?: unknown;
  readonly before_sensitive?: unknown;
  readonly after_sensitive?: unknown;
  readonly replace_paths?: readonly (readonly (string | number)[])[];
}

/** A resource of a plan as Terraform writes it; a replacement unless said. */
function resource(address: string, change: ChangeDraft = {}, mode = "managed"): unknown {
  const [type = "", name = ""] = address.split(".");
  return { address, mode, type, name, change: { actions: ["delete", "create"], before: {}, after: {}, ...change } };
}

const judge = (...resources: unknown[]): ReturnType<typeof judgePlan> =>
  judgePlan(readPlan({ resource_changes: resources }).changes);

const changed = (path: string, before: unknown, after: unknown): ChangeDraft => ({
  before: { [path]: before },
  after: { [path]: after },
  replace_paths: [[path]],
});

describe("the report of a plan", () => {
  test("shows the path [root_block_device, 0, volume_size] as root_block_device.0.volume_size", () => {
    const { report } = judge(
      resource("aws_instance.dev", {
        before: { root_block_device: [{ volume_size: 10 }] },
        after: { root_block_device: [{ volume_size: 20 }] },
        replace_paths: [["root_block_device", 0, "volume_size"]],
      }),
    );
    expect(report).toEqual({
      effect: "replaces",
      changes: 1,
      replacements: [
        {
          address: "aws_instance.dev",
          reasons: [{ path: "root_block_device.0.volume_size", before: "10", after: "20" }],
        },
      ],
    });
  });

  test.each([
    ["delete", "create"],
    ["create", "delete"],
  ])("takes %s and %s for a replacement", (...actions) => {
    expect(judge(resource("a.b", { ...changed("image", "x", "y"), actions })).report.effect).toBe("replaces");
  });

  test.each([
    [["no-op"], "nothing", 0],
    [["read"], "nothing", 0],
    [["update"], "in_place", 1],
    [["create"], "in_place", 1],
    [["delete"], "in_place", 1],
  ] as const)("of the actions %j is: %s, %i changes", (actions, effect, changes) => {
    expect(judge(resource("a.b", { actions })).report).toEqual({ effect, changes, replacements: [] });
  });

  test("does not count what a data source reads, whatever it is called", () => {
    expect(judge(resource("data.a.b", changed("x", 1, 2), "data")).report.effect).toBe("nothing");
  });

  test("leaves a replacement without paths to the log, and still says that it replaces", () => {
    expect(judge(resource("a.tainted"))).toEqual({
      report: { effect: "replaces", changes: 1, replacements: [] },
      unexplained: ["a.tainted"],
    });
  });

  test("skips a path whose value is the same, absent ones too", () => {
    const same = {
      before: { tags: { a: [1] } },
      after: { tags: { a: [1] }, zone: null },
      replace_paths: [["tags"], ["zone"]],
    };
    expect(judge(resource("a.b", same)).unexplained).toEqual(["a.b"]);
  });

  test("is sorted by address, and its reasons by path, by code units", () => {
    const two = { before: { b: 1, a: 1 }, after: { b: 2, a: 2 }, replace_paths: [["b"], ["a"]] };
    const { report } = judge(resource("z.z", two), resource("a.a", two), resource("B.b", two));
    expect(report.replacements.map(({ address }) => address)).toEqual(["B.b", "a.a", "z.z"]);
    expect(report.replacements[0]?.reasons.map(({ path }) => path)).toEqual(["a", "b"]);
  });

  test("cuts a long value", () => {
    const [reason] =
      judge(resource("a.b", changed("x", "y".repeat(9_999), null))).report.replacements[0]?.reasons ?? [];
    expect(reason?.before.length).toBe(valueTextLengthMax + 1);
    expect(reason?.after).toBe("null");
  });
});

describe("masked are", () => {
  const before = { login: { user: "ada", password: "one" } };
  const after = { login: { user: "bob", password: "two" } };
  const reasons = (change: ChangeDraft): unknown =>
    judge(resource("a.b", { before, after, ...change })).report.replacements[0]?.reasons;
  const password = { login: { password: true } };

  test.each(["before_sensitive", "after_sensitive"])("sensitive values, by %s alone", (side) => {
    expect(reasons({ replace_paths: [["login", "password"]], [side]: password })).toEqual([
      { path: "login.password", before: "(sensitive)", after: "(sensitive)" },
    ]);
  });

  test("parents of a sensitive value", () => {
    expect(reasons({ replace_paths: [["login"]], after_sensitive: password })).toEqual([
      { path: "login", before: "(sensitive)", after: "(sensitive)" },
    ]);
  });

  test("children of a sensitive value", () => {
    expect(reasons({ replace_paths: [["login", "user"]], before_sensitive: { login: true } })).toEqual([
      { path: "login.user", before: "(sensitive)", after: "(sensitive)" },
    ]);
    expect(reasons({ replace_paths: [["login", "user"]], after_sensitive: true })).toMatchObject([
      { after: "(sensitive)" },
    ]);
  });

  test("not the neighbours of a sensitive value", () => {
    expect(reasons({ replace_paths: [["login", "user"]], after_sensitive: password })).toEqual([
      { path: "login.user", before: '"ada"', after: '"bob"' },
    ]);
  });

  test("values that are known only after the apply, and what holds one", () => {
    expect(reasons({ replace_paths: [["login"]], after_unknown: { login: { user: true } } })).toEqual([
      { path: "login", before: '{"user":"ada","password":"one"}', after: "(known after apply)" },
    ]);
  });

  test("sensitive before unknown: nothing is shown of a secret that is not known yet", () => {
    expect(reasons({ replace_paths: [["login"]], after_unknown: { login: true }, before_sensitive: password })).toEqual(
      [{ path: "login", before: "(sensitive)", after: "(sensitive)" }],
    );
  });
});

describe("reading a plan", () => {
  test("takes anything without failing", () => {
    for (const odd of [null, 7, "x", [], {}, { resource_changes: [null, { change: 1 }] }]) {
      expect(judgePlan(readPlan(odd).changes).report.effect).toBe("nothing");
    }
  });

  test("says whether outputs change", () => {
    const plan = (...actions: string[]): unknown => ({ output_changes: { url: { actions } } });
    expect(readPlan(plan("no-op")).hasOutputChanges).toBe(false);
    expect(readPlan(plan("update")).hasOutputChanges).toBe(true);
  });
});
