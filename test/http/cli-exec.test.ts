import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import type { WebSocket } from "ws";
import type { ExecFromClient, ExecToClient } from "../../src/contracts/agent-protocol.ts";
import { sampleIds, usableWorkspace } from "../support/api-samples.ts";
import { type CliBench, cliBench } from "../support/cli-run.ts";
import { type ScriptedApi, type ScriptedApiOptions, startScriptedApi } from "../support/scripted-api.ts";

const open: { api: ScriptedApi; bench: CliBench }[] = [];
afterEach(async () => {
  for (const { api, bench } of open.splice(0)) {
    bench.dispose();
    await api.close();
  }
});

async function arrange(options: ScriptedApiOptions): Promise<CliBench> {
  const api = await startScriptedApi({ scripts: { getWorkspace: () => ({ json: usableWorkspace() }) }, ...options });
  const bench = cliBench({ env: { PREWARM_URL: api.url, PREWARM_TOKEN: "secret" } });
  open.push({ api, bench });
  return bench;
}

type Handle = (frame: ExecFromClient, reply: (frame: ExecToClient) => void) => void;

function session(handle: Handle, onRequest: (request: IncomingMessage) => void = () => undefined) {
  return (socket: WebSocket, request: IncomingMessage): void => {
    onRequest(request);
    socket.on("message", (data: Buffer) => {
      handle(JSON.parse(data.toString()) as ExecFromClient, (frame) => socket.send(JSON.stringify(frame)));
    });
  };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const exit = (exitCode: number): ExecToClient => ({ kind: "exit", exitCode, errorCode: null, error: null });

describe("exec", () => {
  it("sends the command as it was written and answers its exit code and both streams", async () => {
    const starts: ExecFromClient[] = [];
    const requests: IncomingMessage[] = [];
    const bench = await arrange({
      onExec: session(
        (frame, reply) => {
          if (frame.kind !== "start") return;
          starts.push(frame);
          reply({ kind: "output", stream: "stdout", data: base64("out\n") });
          reply({ kind: "output", stream: "stderr", data: base64("err\n") });
          reply(exit(7));
        },
        (request) => requests.push(request),
      ),
    });
    const done = await bench.run("exec", "dev", "--env", "A=b=c", "--", "sh", "-c", "exit 7", "--json");
    expect(done).toEqual({ exitCode: 7, stdout: "out\n", stderr: "err\n" });
    expect(starts).toEqual([
      { kind: "start", command: ["sh", "-c", "exit 7", "--json"], env: { A: "b=c" }, agent: null },
    ]);
    expect(requests[0]?.url).toBe(`/api/v1/workspaces/${sampleIds.workspace}/exec`);
    expect(requests[0]?.headers.authorization).toBe("Bearer secret");
  });

  it("passes standard input through unchanged, in frames within the limit, and then its end", async () => {
    const input = randomBytes(300_000);
    const received: Buffer[] = [];
    let largest = 0;
    const bench = await arrange({
      onExec: session((frame, reply) => {
        if (frame.kind !== "input") return;
        largest = Math.max(largest, frame.data.length);
        received.push(Buffer.from(frame.data, "base64"));
        if (!frame.end) return;
        const hash = createHash("sha256").update(Buffer.concat(received)).digest("hex");
        reply({ kind: "output", stream: "stdout", data: base64(hash) });
        reply(exit(0));
      }),
    });
    bench.stdin.end(input);
    const done = await bench.run("exec", "dev", "--", "sha256sum");
    expect(done.stdout).toBe(createHash("sha256").update(input).digest("hex"));
    expect(largest).toBeLessThanOrEqual(65_536);
  });

  it("forwards signals to the command", async () => {
    let isStarted = (): void => undefined;
    const started = new Promise<void>((resolve) => {
      isStarted = resolve;
    });
    const bench = await arrange({
      onExec: session((frame, reply) => {
        if (frame.kind === "start") isStarted();
        if (frame.kind === "signal") {
          reply({ kind: "output", stream: "stdout", data: base64(frame.signal) });
          reply(exit(143));
        }
      }),
    });
    const running = bench.run("exec", "dev", "--", "sleep", "1000");
    await started;
    bench.raise("SIGTERM");
    expect(await running).toMatchObject({ exitCode: 143, stdout: "SIGTERM" });
  });

  it("answers 255 and the code when the agent cannot be reached", async () => {
    const bench = await arrange({
      onExec: session((_frame, reply) =>
        reply({ kind: "exit", exitCode: null, errorCode: "agent_unavailable", error: "The agent is not connected." }),
      ),
    });
    const done = await bench.run("exec", "dev", "--", "true");
    expect(done.exitCode).toBe(255);
    expect(done.stderr).toContain("error: The agent is not connected. [agent_unavailable]");
    expect(done.stderr).toContain("→ Start the workspace");
  });

  it("answers 255 and the agent's reason when the command cannot be started", async () => {
    const bench = await arrange({
      onExec: session((_frame, reply) =>
        reply({ kind: "exit", exitCode: null, errorCode: null, error: "it could not be started: spawn x ENOENT" }),
      ),
    });
    const done = await bench.run("exec", "dev", "--", "x");
    expect(done.exitCode).toBe(255);
    expect(done.stderr).toContain("The command did not run: it could not be started: spawn x ENOENT. [conflict]");
  });

  it("answers 255 and the server's code when the session is refused", async () => {
    const error = { code: "forbidden", message: "Only its owner may." };
    const bench = await arrange({ refuseExec: { status: 403, json: { error } } });
    const done = await bench.run("exec", "dev", "--", "true");
    expect(done.exitCode).toBe(255);
    expect(done.stderr).toContain("error: Only its owner may. [forbidden]");
  });

  it("answers 255 when the connection is lost before the command has ended", async () => {
    const bench = await arrange({ onExec: (socket) => socket.on("message", () => socket.terminate()) });
    const done = await bench.run("exec", "dev", "--", "true");
    expect(done.exitCode).toBe(255);
    expect(done.stderr).toContain("The connection to the workspace was lost");
  });

  it("is wrong usage without a command", async () => {
    const done = await (await arrange({})).run("exec", "dev");
    expect(done.exitCode).toBe(2);
    expect(done.stderr).toContain("Missing required argument 'command'");
  });
});
