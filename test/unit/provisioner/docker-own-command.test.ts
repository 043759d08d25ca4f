import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { engineAddress } from "../../../src/provisioner/drivers/docker/engine-address.ts";
import { EngineClient } from "../../../src/provisioner/drivers/docker/engine-client.ts";
import { watchOwnCommand } from "../../../src/provisioner/drivers/docker/watch-own-command.ts";
import { ScriptedEngine } from "../../support/scripted-engine.ts";

let engine: ScriptedEngine;
beforeEach(async () => {
  engine = new ScriptedEngine();
  await engine.listen();
});
afterEach(() => engine.close());

/** A container that Docker says so of, brought back so often at each question, and that has said these lines. */
async function watched(
  state: object,
  restartsOf: (asked: number) => number,
  lines: readonly string[],
): Promise<readonly string[]> {
  const client = new EngineClient(engineAddress(engine.host, ""));
  await client.call({
    method: "POST",
    path: "/containers/create",
    query: { name: "w1" },
    body: { Image: "debian:bookworm", Labels: {} },
  });
  engine.start = { lines, exitCode: null };
  let asked = 0;
  engine.before = ({ path: where }) =>
    where === "/containers/w1/json"
      ? { status: 200, body: { State: { Running: true, ExitCode: 3, ...state }, RestartCount: restartsOf(asked++) } }
      : undefined;
  const told: string[] = [];
  const abort = new AbortController().signal;
  const onLine = (line: string): void => void told.push(line);
  await watchOwnCommand({ engine: client, container: "w1", limitMs: 1_500, abort, onLine });
  return told;
}

describe("a command of the template's own", () => {
  test("that ends again and again fails the build with its last words", async () => {
    const watching = watched({ Restarting: true }, (asked) => asked, ["cannot start", "cannot start"]);
    await expect(watching).rejects.toMatchObject({
      code: "build_failed",
      message: "The container ends again and again (exit code 3): cannot start",
    });
  });

  test("that has ended for good fails it as well", async () => {
    const watching = watched({ Running: false }, () => 0, ["cannot start"]);
    await expect(watching).rejects.toMatchObject({ code: "build_failed" });
  });

  test("that starts the agent is looked at no longer, though it came back once", async () => {
    expect(await watched({}, () => 1, ["redis is up", "prewarm: starting the agent"])).toEqual([]);
  });

  test("that runs on without an agent is left to go on, which its log says", async () => {
    expect(await watched({}, () => 0, ["waiting"])).toEqual([
      "the agent has not begun after 1.5 s; the container goes on by itself",
    ]);
  });
});
