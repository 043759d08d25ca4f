import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { MetadataSampler, takeSample } from "../../../src/agent/scripts/metadata-sampler.ts";
import { SecretMasks } from "../../../src/agent/secret-mask.ts";
import type { AgentMetadataValue } from "../../../src/contracts/agent-metadata.ts";
import type { AgentMetadataItem } from "../../../src/contracts/agent-settings.ts";
import { manualClock, systemClock } from "../../../src/platform/clock.ts";
import { sleep } from "../../../src/platform/sleep.ts";

function item(key: string, run: string, said: Partial<AgentMetadataItem> = {}): AgentMetadataItem {
  return { key, name: key.toUpperCase(), run, intervalMs: 1_000, timeoutMs: 60_000, order: 0, ...said };
}

const monthly = { intervalMs: 30 * 86_400_000 };

function place() {
  const root = mkdtempSync(path.join(tmpdir(), "prewarm-metadata-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const masks = new SecretMasks();
  const environment = { HOME: root, PATH: "/usr/local/bin:/usr/bin:/bin" };
  return { root, masks, environment, directory: "", killGraceMs: 100, abort: new AbortController().signal };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10);
}

test("a sample is what was printed, without the space around it, and nothing of the errors", async () => {
  expect(await takeSample(item("a", "echo; echo ' 42 % '; echo no >&2"), place())).toEqual({
    value: "42 %",
    error: "",
  });
});

test("a sample of a script that fails has its error and what it printed", async () => {
  const sample = await takeSample(item("a", "echo half; exit 3"), place());
  expect(sample).toEqual({ value: "half", error: "it exited with 3" });
});

test("a sample is 2 KiB at most, without half a character, however much is printed", async () => {
  const { value } = await takeSample(item("a", "printf x; yes é | head -c 3000000 | tr -d '\\n'"), place());
  expect([Buffer.byteLength(value), value.at(-1)]).toEqual([2_047, "é"]);
});

test("a sample that takes too long is ended", async () => {
  const sample = await takeSample(item("a", "echo begun; sleep 600", { timeoutMs: 300 }), place());
  expect(sample.error).toBe("it ran longer than 0.3 s");
});

test("a sample holds no secret", async () => {
  const where = place();
  where.masks.include(["a-long-secret"]);
  expect((await takeSample(item("a", "echo the a-long-secret"), where)).value).toBe("the ***");
});

test("values are told together when one has changed, and not when none has", async () => {
  const { root, ...where } = place();
  const told: (readonly AgentMetadataValue[])[] = [];
  const runs = `n=$(ls ${root}/runs | wc -l); mkdir -p ${root}/runs; touch ${root}/runs/$n`;
  const sampler = new MetadataSampler({
    ...where,
    items: [item("a", `${runs}; cat ${root}/now 2>/dev/null || echo old`), item("b", "echo same", { order: 2 })],
    clock: manualClock(),
    onChange: (values) => told.push(values),
  });
  onTestFinished(() => sampler.close());
  const ran = (): number => (existsSync(`${root}/runs`) ? readdirSync(`${root}/runs`).length : 0);
  const last = (): readonly string[] => told.at(-1)?.map(({ key, value }) => `${key}=${value}`) ?? [];
  await until(() => last().join(" ") === "a=old b=same");
  const reports = told.length;
  const before = ran();
  await until(() => ran() >= before + 2);
  expect(told).toHaveLength(reports);
  writeFileSync(`${root}/now`, "new");
  await until(() => told.length > reports);
  expect(last()).toEqual(["a=new", "b=same"]);
  expect(sampler.values()[1]).toMatchObject({ name: "B", order: 2, collectedAt: "2030-01-01T00:00:00.000Z" });
});

test("no more than four samples are taken at once, and closing ends them", async () => {
  const { root, ...where } = place();
  const items = ["a", "b", "c", "d", "e", "f"].map((key) => item(key, `touch ${root}/${key}; sleep 600`));
  const sampler = new MetadataSampler({ ...where, items, clock: manualClock(), onChange: () => undefined });
  await until(() => readdirSync(root).length === 4);
  await sampler.close();
  expect(readdirSync(root).sort()).toEqual(["a", "b", "c", "d"]);
});

test("values that were found anew and are as before are told now and then, with when they were found", async () => {
  const { root: _, ...where } = place();
  const told: (readonly AgentMetadataValue[])[] = [];
  const sampler = new MetadataSampler({
    ...where,
    items: [item("a", "echo same")],
    clock: systemClock,
    onChange: (values) => told.push(values),
    refreshMs: 0,
  });
  onTestFinished(() => sampler.close());
  await until(() => told.length >= 2);
  const [first, second] = told.map(([value]) => value);
  expect([first?.value, second?.value, second?.intervalMs]).toEqual(["same", "same", 1_000]);
  expect(Date.parse(second?.collectedAt ?? "")).toBeGreaterThan(Date.parse(first?.collectedAt ?? ""));
});

test("an item that is looked for once in a month is not looked for all the time", async () => {
  const { root, ...where } = place();
  const runs = `echo x >> ${root}/runs`;
  const sampler = new MetadataSampler({
    ...where,
    items: [item("often", `echo x >> ${root}/often; wc -l < ${root}/often`), item("month", runs, monthly)],
    clock: systemClock,
    onChange: () => {},
  });
  onTestFinished(() => sampler.close());
  // Both begin within the first seconds, and the first is looked for again and again meanwhile.
  await until(() => sampler.values()[1]?.collectedAt !== null);
  const seen = Number(sampler.values()[0]?.value);
  await until(() => Number(sampler.values()[0]?.value) >= seen + 2);
  expect(readFileSync(`${root}/runs`, "utf8")).toBe("x\n");
});

test("a script that is longer than an argument may be has that for its error, and the sampler goes on", async () => {
  const sample = await takeSample(item("a", `: ${"€".repeat(65_530)}`), place());
  expect(sample).toEqual({ value: "", error: "it could not be started: spawn E2BIG" });
});

test("an item of an agent whose folder is a file is looked for in the home", async () => {
  const where = place();
  writeFileSync(`${where.root}/file`, "");
  expect(await takeSample(item("a", "pwd"), { ...where, directory: "file" })).toEqual({ value: where.root, error: "" });
});
