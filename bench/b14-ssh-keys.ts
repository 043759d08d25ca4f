import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { atMost, type BenchContext, type Benchmark, type Outcome, type Row } from "./harness/benchmark.ts";
import { startChild } from "./harness/child-process.ts";
import { openedWorkspace } from "./harness/opened-workspace.ts";
import { summarize, type Summary } from "./harness/percentiles.ts";
import { startPlainSshd } from "../test/support/plain-sshd.ts";
import { plainScene, type SshScene, sshScene } from "./harness/ssh-scene.ts";
import type { StreamsMessage } from "./harness/streams-role.ts";

const keyEveryMs = 5;
/** Bytes a millisecond. */
const bulkRate = 50_000;
const readyWord = "ready";

/** A terminal that echoes each key as it comes. */
async function terminal({ args, env }: SshScene): Promise<ChildProcessWithoutNullStreams> {
  const child = spawn("ssh", ["-tt", ...args, `stty raw -echo; echo ${readyWord}; exec cat`], { env });
  let said = "";
  while (!said.includes(readyWord)) said += String((await once(child.stdout, "data"))[0]);
  return child;
}

async function keys(scene: SshScene, count: number): Promise<Summary> {
  const child = await terminal(scene);
  const samples: number[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    const begun = performance.now();
    child.stdin.write("k");
    await once(child.stdout, "data");
    samples.push(performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, keyEveryMs));
  }
  const ended = once(child, "close");
  child.kill("SIGTERM");
  await ended;
  return summarize(samples);
}

async function run({ isSmall, say }: BenchContext): Promise<Outcome> {
  const workspace = await openedWorkspace();
  const sshd = await startPlainSshd(workspace.folder);
  const [program, somebody] = [startChild("streams"), startChild("streams")];
  const count = isSmall ? 20 : 1_000;
  try {
    const scene = sshScene(workspace);
    say(`${count} keys in a terminal`);
    const alone = await keys(scene, count);
    const plain = typeof sshd === "string" ? null : await keys(plainScene(sshd.args, scene), count);
    say(`${count} keys beside somebody's bulk`);
    const port = await program.ask<number>({ kind: "listen" } satisfies StreamsMessage);
    const { url, token } = workspace;
    await somebody.ask({ kind: "bulk", url, token, port, rate: bulkRate } satisfies StreamsMessage);
    const beside = await keys(scene, count);
    await somebody.ask({ kind: "rest" } satisfies StreamsMessage);
    const rows: Row[] = [
      { case: "a key and its echo in `ssh -tt prewarm.dev`", values: timesOf(alone) },
      { case: `the same beside ${bulkRate / 1_000} MB/s of the same agent`, values: timesOf(beside) },
      ...(plain === null ? [] : [{ case: "a key and its echo by a plain sshd", values: timesOf(plain) }]),
    ];
    const besides = typeof sshd === "string" ? `No plain sshd beside: ${sshd}.` : "A plain sshd on loopback beside.";
    return {
      setup: `OpenSSH's client with a terminal, server, agent and workspace on one machine; a key every ${keyEveryMs} ms. ${besides}`,
      rows,
      targets: [
        atMost("median of a key", alone.p50Ms, 3, "ms"),
        atMost("p99 of a key", alone.p99Ms, 25, "ms"),
        atMost("median of a key beside bulk, by that alone", beside.p50Ms / alone.p50Ms, 2, "×"),
      ],
    };
  } finally {
    await Promise.all([program.stop(), somebody.stop()]);
    if (typeof sshd !== "string") await sshd.stop();
    await workspace.stop();
  }
}

function timesOf({ p50Ms, p99Ms, maxMs }: Summary): Row["values"] {
  return { p50Ms, p99Ms, maxMs };
}

export const sshKeys: Benchmark = { id: "B14", title: "A key in a terminal by SSH", run };
