import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CodedError } from "../../src/contracts/errors.ts";
import { openManifestReader } from "../../src/main/open-manifest-reader.ts";
import { bundledManifestWorker } from "../support/manifest-worker.ts";
import { tarArchive } from "../support/tar-archive.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(async () => server.stop());

async function refusal(content: string): Promise<CodedError> {
  const bytes = new Uint8Array(tarArchive([{ path: "template.yaml", content }]));
  try {
    await server.admin.call("pushTemplate", { params: { template: "hostile" }, bytes });
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
  throw new Error("It was not refused.");
}

describe("a push is refused as a manifest that is not valid, and never a fault of the server, when it holds", () => {
  test.each([
    ["an alias of nothing", "driver: *x\n"],
    ["NUL", 'driver: process\ndescription: "a\\0"\n'],
    ["half a surrogate pair", 'driver: process\ndescription: "\\ud83d"\n'],
    ["more brackets than a stack holds", `driver: ${"[".repeat(100_000)}`],
    ["60,000 keys", `driver: process\ntags:\n${Array.from({ length: 60_000 }, (_, nth) => `  k${nth}: v\n`).join("")}`],
    ["a million items", `driver: [${"a,".repeat(400_000)}]`],
    ["a megabyte of errors", "}\n".repeat(200_000)],
  ])("%s", async (_, manifest) => {
    expect((await refusal(manifest)).code).toBe("invalid_manifest");
  });
});

test("the server answers others at once while it reads a template that takes seconds", async () => {
  let isReading = true;
  const pushed = refusal("}\n".repeat(200_000)).finally(() => {
    isReading = false;
  });
  const answers: number[] = [];
  while (isReading) {
    const began = performance.now();
    await fetch(new URL("/healthz", server.url));
    answers.push(performance.now() - began);
  }
  expect((await pushed).code).toBe("invalid_manifest");
  // It stood still for as long as the reading took.
  expect(Math.max(...answers)).toBeLessThan(1_000);
});

test("a reading that does not end is given up", async () => {
  const reader = openManifestReader({ program: bundledManifestWorker(), elapsedMsMax: 1 });
  expect(await reader("driver: process\n")).toMatchObject({
    kind: "refused",
    problems: [{ reason: expect.stringContaining("longer than") }],
  });
});

test("pushes beyond those that may wait are told to come again", async () => {
  const reader = openManifestReader({ program: bundledManifestWorker() });
  const reads = await Promise.allSettled(Array.from({ length: 30 }, async () => reader("driver: process\n")));
  const refused = reads.filter((read) => read.status === "rejected");
  expect(refused.length).toBe(8);
  expect(refused[0]?.reason).toMatchObject({ code: "rate_limited", retryAfterSeconds: expect.any(Number) });
});
