import { spawn } from "node:child_process";
import path from "node:path";
import { atMost, type BenchContext, type Benchmark, type Outcome, type Row } from "./harness/benchmark.ts";
import { openedWorkspace } from "./harness/opened-workspace.ts";
import { summarize, type Summary } from "./harness/percentiles.ts";
import { startPlainSshd } from "../test/support/plain-sshd.ts";
import { processorMsOfProcess } from "./harness/process-memory.ts";
import { plainScene, program, type SshScene, sshScene } from "./harness/ssh-scene.ts";

/** @returns milliseconds from the start of `ssh` to its end. */
async function connected({ args, env }: SshScene): Promise<number> {
  const begun = performance.now();
  const child = spawn("ssh", [...args, "true"], { env, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (data) => {
    said += String(data);
  });
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) throw new Error(`ssh ended with ${String(code)}: ${said}`);
  return performance.now() - begun;
}

interface FirstByte {
  readonly wallMs: number;
  readonly processorMs: number;
}

/** The `ProxyCommand` by itself, until it has handed on the workspace's first byte. */
async function firstByte({ env, sshFolder }: SshScene): Promise<FirstByte> {
  const knownHosts = path.join(sshFolder, "prewarm/known_hosts");
  const words = ["ssh", "--stdio", "--url", env["PREWARM_URL"] ?? "", "--known-hosts", knownHosts, "prewarm.dev"];
  const begun = performance.now();
  const child = spawn(process.execPath, [program, ...words], { env, stdio: ["pipe", "pipe", "ignore"] });
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const first = await new Promise<FirstByte>((resolve, reject) => {
    child.once("error", reject).once("exit", () => reject(new Error("The proxy ended before its first byte.")));
    child.stdout.once("data", () => {
      resolve({ wallMs: performance.now() - begun, processorMs: processorMsOfProcess(child.pid ?? 0) });
    });
  });
  child.stdin.end();
  child.kill("SIGTERM");
  await exited;
  return first;
}

async function run({ isSmall, say }: BenchContext): Promise<Outcome> {
  const workspace = await openedWorkspace();
  const sshd = await startPlainSshd(workspace.folder);
  const count = isSmall ? 3 : 200;
  try {
    const scene = sshScene(workspace);
    const ways = [
      { name: "`ssh prewarm.dev true`", scene },
      ...(typeof sshd === "string" ? [] : [{ name: "the same by a plain sshd", scene: plainScene(sshd.args, scene) }]),
    ].map((way) => ({ ...way, samples: [] as number[] }));
    // What is loaded when it is first wanted, and the key that is made then.
    for (const way of ways) await connected(way.scene);
    say(`${count} connections by each way, in turns`);
    for (let nth = 0; nth < count; nth += 1) {
      for (const way of ways) way.samples.push(await connected(way.scene));
    }
    say(`${count} times the ProxyCommand alone`);
    const firsts: FirstByte[] = [];
    for (let nth = 0; nth < count; nth += 1) firsts.push(await firstByte(scene));
    const beside =
      typeof sshd === "string" ? `No plain sshd beside: ${sshd}.` : "A plain sshd on loopback beside, in turns.";
    return outcomeOf({ ways, firsts, beside });
  } finally {
    if (typeof sshd !== "string") await sshd.stop();
    await workspace.stop();
  }
}

interface Measured {
  readonly ways: readonly { readonly name: string; readonly samples: readonly number[] }[];
  readonly firsts: readonly FirstByte[];
  readonly beside: string;
}

function outcomeOf({ ways, firsts, beside }: Measured): Outcome {
  const [ours] = ways.map(({ samples }) => summarize(samples));
  if (ours === undefined) throw new Error("Nothing was measured.");
  const proxy = summarize(firsts.map(({ wallMs }) => wallMs));
  // The system counts in steps of 10 ms, so that only their mean says something.
  const processorMs = firsts.reduce((sum, first) => sum + first.processorMs, 0) / firsts.length;
  return {
    setup: `OpenSSH's client, server, agent and workspace on one machine; from the start of \`ssh\` to its end. ${beside}`,
    rows: [
      ...ways.map(({ name, samples }): Row => ({ case: name, values: timesOf(summarize(samples)) })),
      { case: "the ProxyCommand, to the first byte", values: { ...timesOf(proxy), processorMs } },
    ],
    targets: [
      atMost("median of a connection", ours.p50Ms, 350, "ms"),
      atMost("p99 of a connection", ours.p99Ms, 900, "ms"),
      atMost("median of the ProxyCommand", proxy.p50Ms, 150, "ms"),
      atMost("processor time of the ProxyCommand", processorMs, 60, "ms"),
    ],
  };
}

function timesOf({ p50Ms, p99Ms, maxMs }: Summary): Row["values"] {
  return { p50Ms, p99Ms, maxMs };
}

export const sshConnect: Benchmark = { id: "B12", title: "A connection by SSH", run };
