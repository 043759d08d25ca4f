import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client, credentials, status, type ServiceError } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemRandom } from "../../src/platform/random.ts";
import { type CoderProvider, serveCoderProvider } from "../../src/provisioner/coder-provider/coder-provider.ts";
import { decodeMessage, type MessageName } from "../../src/provisioner/coder-provider/protocol/messages.ts";
import { diagnosticsOf } from "../support/coder-calls.ts";
import { jobFacts } from "../support/coder-facts.ts";

let folder: string;
let socket: string;
let provider: CoderProvider;
let client: Client;

const bytesMax = 100 * 1_024 * 1_024;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "pw-coder-"));
  socket = path.join(folder, "job.sock");
  provider = await serveCoderProvider(jobFacts(), { socket, random: systemRandom });
  client = new Client(`unix:${socket}`, credentials.createInsecure(), {
    "grpc.max_send_message_length": bytesMax,
    "grpc.max_receive_message_length": bytesMax,
  });
});
afterEach(async () => {
  client.close();
  await provider.close();
  rmSync(folder, { recursive: true, force: true });
});

const same = (bytes: Buffer): Buffer => bytes;

function ask(call: string, request: Uint8Array = Buffer.alloc(0)): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      `/tfplugin5.Provider/${call}`,
      same,
      same,
      Buffer.from(request),
      { deadline: 20_000 + performance.timeOrigin + performance.now() },
      (error: ServiceError | null, answer?: Buffer) =>
        error === null ? resolve(answer ?? Buffer.alloc(0)) : reject(error),
    );
  });
}

const told = async (call: string, answered: MessageName, request: Uint8Array) =>
  diagnosticsOf(decodeMessage(answered, await ask(call, request)));

describe("the provider's socket", () => {
  test("is named for Terraform and OpenTofu, with the process that is not to be ended", () => {
    const entry = {
      Protocol: "grpc",
      ProtocolVersion: 5,
      Pid: process.pid,
      Test: true,
      Addr: { Network: "unix", String: socket },
    };
    expect(JSON.parse(provider.reattach)).toEqual({ "coder/coder": entry, "registry.terraform.io/coder/coder": entry });
  });

  test("answers a broken request with a diagnostic, and the next one all the same", async () => {
    expect(await told("PlanResourceChange", "PlanAnswer", Buffer.from("not a message"))).toEqual([
      expect.stringContaining("could not answer PlanResourceChange"),
    ]);
    const schemas = decodeMessage("SchemaAnswer", await ask("GetSchema"));
    expect(Object.keys(schemas["resourceSchemas"] as object)).toContain("coder_agent");
  });

  test("has calls that it does not implement, and says so as the protocol wants it", async () => {
    await expect(ask("GetMetadata")).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
    await expect(ask("MoveResourceState")).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
  });

  test("takes no message of more than 64 MB, and goes on", async () => {
    await expect(ask("ReadResource", Buffer.alloc(65 * 1_024 * 1_024))).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
    });
    expect(await ask("Stop")).toHaveLength(0);
  });

  test("closes within a second although somebody is connected, leaves no file, and may be closed twice", async () => {
    await ask("Stop");
    const begun = performance.now();
    await provider.close();
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(existsSync(socket)).toBe(false);
    await provider.close();
  });

  test("answers a hundred calls at once", async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask("GetSchema")));
    expect(new Set(answers.map(({ length }) => length)).size).toBe(1);
  });
});

describe("a provider is not served", () => {
  const serve = (at: string, facts = jobFacts()) => serveCoderProvider(facts, { socket: at, random: systemRandom });

  test.each([
    ["a path that a socket cannot have", () => serve(path.join(folder, "x".repeat(108))), "at most 107 bytes"],
    ["a relative path", () => serve("job.sock"), "absolute path"],
    ["a folder that is not there", () => serve(path.join(folder, "none", "job.sock")), "none/job.sock"],
    ["the socket of another job", () => serve(socket), "EADDRINUSE"],
    [
      "an access URL that is none",
      () => serve(path.join(folder, "b"), jobFacts({ accessUrl: "here" })),
      "access URL here",
    ],
  ])("on %s", async (_, attempt, why) => {
    await expect(attempt()).rejects.toThrow(why);
  });
});
