import { expect, test } from "vitest";
import type { AgentMetadataValue } from "../../../src/contracts/agent-metadata.ts";
import { shownMetadata } from "../../../src/domain/metadata/shown-metadata.ts";

const heardAtMs = Date.parse("2030-01-02T03:04:05.000Z");
const minuteMs = 60_000;

function value(key: string, said: Partial<AgentMetadataValue> = {}): AgentMetadataValue {
  return { key, name: "", value: "v", error: "", collectedAt: "2001-01-01T00:00:00.000Z", order: 0, ...said };
}

const shown = (values: AgentMetadataValue[], nowMs = heardAtMs, toldAt: string | null = "2001-01-01T00:00:10.000Z") =>
  shownMetadata({ values, toldAt, heardAtMs }, nowMs);

test("items come by their order, then by key, and one that was told twice is there once", () => {
  const values = [
    value("b"),
    value("a"),
    value("z", { order: -1 }),
    value("A", { order: 2 }),
    value("a", { value: "w" }),
  ];
  expect(shown(values).map(({ key, value: text }) => `${key}=${text}`)).toEqual(["z=v", "a=w", "b=v", "A=v"]);
});

test("an item without a name is shown by its key", () => {
  expect(shown([value("cpu"), value("mem", { name: "RAM" })]).map(({ name }) => name)).toEqual(["cpu", "RAM"]);
});

test("when it was found is said by the server's clock, whatever the workspace's clock says", () => {
  expect(shown([value("a")])[0]?.collectedAt).toBe("2030-01-02T03:03:55.000Z");
});

test.each([
  ["after the report", "2001-01-01T00:01:00.000Z"],
  ["no instant", "yesterday"],
])("a time that is %s is that of the report", (_, collectedAt) => {
  expect(shown([value("a", { collectedAt })])[0]?.collectedAt).toBe("2030-01-02T03:04:05.000Z");
});

test("a time that an agent makes up is one that can be written", () => {
  const [item] = shown([value("a", { collectedAt: "-271821-04-20T00:00:00.000Z" })]);
  expect(item?.collectedAt).toBe("2029-01-01T03:04:05.000Z");
});

test("an item is stale two of its intervals and half a minute after it was found", () => {
  const values = [value("a", { intervalMs: minuteMs })];
  const at = (ms: number) => shown(values, heardAtMs + ms)[0]?.isStale;
  expect([at(0), at(140_000), at(140_001)]).toEqual([false, false, true]);
});

test("an item that was never found is not stale, nor one of an agent that says no interval", () => {
  const values = [value("a", { collectedAt: null, intervalMs: 1_000 }), value("b")];
  const items = shown(values, heardAtMs + 60 * minuteMs);
  expect(items.map(({ collectedAt, isStale }) => [collectedAt === null, isStale])).toEqual([
    [true, false],
    [false, false],
  ]);
});
