// Units that scripts of a workspace wait for, and the command that they wait with.
import { describe, expect, test } from "vitest";
import { CoderService } from "../../../src/agent/coder/coder-service.ts";
import type { CoderAnswer, CoderAsk } from "../../../src/agent/coder/coder-words.ts";
import { coderAskOf } from "../../../src/agent/coder/coder-words.ts";
import { coderSync } from "../../../src/agent/coder/sync-command.ts";
import { unitDependenciesMax, Units, unitsMax } from "../../../src/agent/coder/units.ts";

describe("a unit", () => {
  test("starts at once when it waits for nothing, and else when all that it waits for is complete", () => {
    const units = new Units();
    units.want("ide", ["clone", "tools"]);
    expect(units.start("ide")).toEqual(["clone", "tools"]);
    expect(units.start("clone")).toEqual([]);
    units.complete("clone");
    expect(units.start("ide")).toEqual(["tools"]);
    units.complete("tools");
    expect(units.status("ide")).toMatchObject({ status: "pending", isReady: true });
    expect(units.start("ide")).toEqual([]);
    expect(units.status("ide").status).toBe("started");
    units.complete("ide");
    expect(units.list().map(({ unit, status }) => `${unit} ${status}`)).toEqual([
      "ide completed",
      "clone completed",
      "tools completed",
    ]);
  });

  test("is not what it was before when it starts again, and may want the same again", () => {
    const units = new Units();
    units.want("ide", ["clone"]);
    units.complete("clone");
    units.want("ide", ["clone"]);
    expect(units.status("ide").dependencies).toEqual([{ unit: "clone", status: "completed" }]);
    expect(units.start("clone")).toEqual([]);
    expect(units.start("ide")).toEqual(["clone"]);
  });

  test("may not wait for itself, over whatever others, and then nothing was changed", () => {
    const units = new Units();
    units.want("a", ["b"]);
    units.want("b", ["c"]);
    expect(() => units.want("c", ["d", "a"])).toThrow("c would wait for itself: c -> a -> b -> c");
    expect(() => units.want("x", ["x"])).toThrow("x would wait for itself");
    expect(units.list().map(({ unit }) => unit)).toEqual(["a", "b", "c"]);
    expect(units.start("c")).toEqual([]);
  });

  test.each(["", "two words", "line\nend", "x".repeat(129)])("is not called %j", (name) => {
    expect(() => new Units().complete(name)).toThrow("1 to 128 characters");
    expect(() => new Units().want("fine", [name])).toThrow("1 to 128 characters");
  });

  test("waits for so many others at most, and there are so many at most", () => {
    const units = new Units();
    const many = Array.from({ length: unitDependenciesMax }, (_, at) => `d${at}`);
    units.want("first", many);
    expect(() => units.want("first", ["more"])).toThrow(`more than ${unitDependenciesMax} units`);
    for (let at = units.list().length; at < unitsMax; at += 1) units.complete(`u${at}`);
    expect(() => units.complete("one more")).toThrow("no spaces");
    expect(() => units.complete("more")).toThrow(`${unitsMax} units already`);
    expect(() => units.start("more")).toThrow(`${unitsMax} units already`);
    expect(() => units.want("u200", ["more"])).toThrow(`${unitsMax} units already`);
    expect(units.start("u200")).toEqual([]);
  });
});

/** The command against a service, on a clock that its sleeping moves. */
function bench(then: (passedMs: number, service: CoderService) => void = () => undefined) {
  const service = new CoderService(async () => ({ credential: null, notice: null }));
  let nowMs = 0;
  const said: string[] = [];
  let ask = (question: CoderAsk): Promise<CoderAnswer> => service.answer(question);
  return {
    service,
    said,
    get passedMs() {
      return nowMs;
    },
    failWith: (error: Error) => {
      ask = () => Promise.reject(error);
    },
    sync: (words: string) =>
      coderSync(words.split(" "), {
        ask: (question) => ask(question),
        print: (text) => said.push(text),
        nowMs: () => nowMs,
        sleep: async (ms) => {
          nowMs += ms;
          then(nowMs, service);
        },
      }),
  };
}

test("start waits until the last of them is complete, and looks each second", async () => {
  const it = bench((passedMs, service) => {
    if (passedMs === 3_000) service.units.complete("clone");
  });
  await it.sync("want ide clone");
  await it.sync("start ide");
  expect(it.passedMs).toBe(3_000);
  expect(it.said).toEqual(["ide waits for clone.", "ide has started."]);
  await it.sync("complete ide");
  await it.sync("status ide -o json");
  expect(JSON.parse(it.said.at(-1) ?? "")).toEqual({
    unit: "ide",
    status: "completed",
    isReady: true,
    dependencies: [{ unit: "clone", status: "completed" }],
  });
});

test.each([
  ["start ide --timeout 1m30s", 90_000],
  ["start ide --timeout 1.5s", 1_500],
  ["start ide", 300_000],
])("%s gives up in time, and says what it waited for", async (words, limitMs) => {
  const it = bench();
  await it.sync("want ide clone");
  await expect(it.sync(words)).rejects.toThrow(`within ${limitMs / 1_000} s: it still waits for clone`);
  expect(it.passedMs).toBe(limitMs);
});

test("an agent that cannot be reached is waited for, and a refusal is not", async () => {
  const it = bench();
  await it.sync("want ide clone");
  await expect(it.sync("want clone ide")).rejects.toThrow("clone would wait for itself: clone -> ide -> clone");
  it.failWith(new Error("connect ENOENT"));
  await expect(it.sync("start ide --timeout 2s")).rejects.toThrow("the agent was not reached: connect ENOENT");
  expect(it.passedMs).toBe(2_000);
  await expect(it.sync("ping")).rejects.toThrow("ENOENT");
});

test("list and ping say how it is, in words and as JSON", async () => {
  const it = bench();
  await it.sync("list");
  await it.sync("want ide clone");
  await it.sync("list");
  await it.sync("list --output json");
  await it.sync("ping");
  expect(it.said).toEqual([
    "There are no units.",
    "ide waits for clone.",
    "ide: pending, after clone (pending)\nclone: pending, may start",
    expect.stringContaining('[{"unit":"ide"'),
    "The agent answers.",
  ]);
});

test.each([
  "want ide",
  "start",
  "start one two",
  "complete",
  "list all",
  "dance ide",
  "start ide --timeout soon",
  "start ide --timeout 48h",
  "status nothing",
])("%s is refused in words", async (words) => {
  await expect(bench().sync(words)).rejects.toThrow(/the usage is|no time to wait|no unit nothing/);
});

test.each([
  "",
  "null",
  "[]",
  '{"kind":"start"}',
  '{"kind":"want","unit":"a","on":[1]}',
  '{"kind":"git"}',
  '{"kind":"x"}',
])("the agent takes %j for no question", (text) => {
  expect(coderAskOf(text)).toBeNull();
});
