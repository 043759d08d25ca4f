import { spawn } from "node:child_process";
import {
  atLeast,
  type BenchContext,
  type Benchmark,
  type Outcome,
  type Row,
  type Target,
} from "./harness/benchmark.ts";
import { type Child, startChild } from "./harness/child-process.ts";
import type { LineMessage } from "./harness/line-role.ts";
import { openedWorkspace } from "./harness/opened-workspace.ts";
import { startPlainSshd } from "../test/support/plain-sshd.ts";
import { plainScene, type SshScene, sshScene } from "./harness/ssh-scene.ts";

const mebibyte = 1_048_576;
/** Of the whole way there and back, and how much is sent over it. */
const lines = [
  { name: "", roundTripMs: 0, share: 1, wantedMBps: 80 },
  { name: ", 20 ms away", roundTripMs: 20, share: 0.5, wantedMBps: 50 },
  { name: ", 100 ms away", roundTripMs: 100, share: 0.25, wantedMBps: 15 },
];
/** Of what a plain sshd carries on the same machine. */
const wantedOfPlain = 0.4;

/** @returns MB/s, of a million bytes, from the start of `ssh` to its end. */
async function carried({ args, env }: SshScene, direction: "from" | "to", bytes: number): Promise<number> {
  const far = direction === "from" ? `head -c ${bytes} /dev/zero` : "wc -c";
  const near = direction === "from" ? "wc -c" : `head -c ${bytes} /dev/zero`;
  const ssh = `ssh ${[...args, far].map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(" ")}`;
  const line = direction === "from" ? `${ssh} | ${near}` : `${near} | ${ssh}`;
  const begun = performance.now();
  const child = spawn("sh", ["-c", line], { env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  let failed = "";
  child.stdout.on("data", (data) => {
    said += String(data);
  });
  child.stderr.on("data", (data) => {
    failed += String(data);
  });
  await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (Number(said) !== bytes) throw new Error(`${said.trim()} of ${bytes} bytes came: ${failed}`);
  return bytes / (performance.now() - begun) / 1_000;
}

interface Way {
  readonly name: string;
  readonly scene: SshScene;
}

async function run({ isSmall, say }: BenchContext): Promise<Outcome> {
  const workspace = await openedWorkspace();
  const sshd = await startPlainSshd(workspace.folder);
  const children: Child[] = [];
  const rows: Row[] = [];
  const targets: Target[] = [];
  const lineTo = async (port: number, roundTripMs: number): Promise<number> => {
    if (roundTripMs === 0) return port;
    const child = startChild("line");
    children.push(child);
    return await child.ask<number>({ kind: "line", port, oneWayMs: roundTripMs / 2 } satisfies LineMessage);
  };
  try {
    for (const { name, roundTripMs, share, wantedMBps } of lines) {
      const bytes = Math.round((isSmall ? 8 : 512) * mebibyte * share);
      const url = new URL(workspace.client.url);
      url.port = `${await lineTo(Number(url.port), roundTripMs)}`;
      const ours: Way = { name: "to a workspace", scene: sshScene(workspace, url.href) };
      const plain: Way[] =
        typeof sshd === "string"
          ? []
          : [
              {
                name: "to a plain sshd",
                scene: plainScene(sshd.argsAt(await lineTo(sshd.port, roundTripMs)), ours.scene),
              },
            ];
      const found = new Map<string, number>();
      for (const { name: where, scene } of [ours, ...plain]) {
        await carried(scene, "from", 1);
        for (const direction of ["from", "to"] as const) {
          say(`${bytes / mebibyte} MiB by SSH ${where}${name}, ${direction} it`);
          const MBps = await carried(scene, direction, bytes);
          found.set(`${where} ${direction}`, MBps);
          rows.push({ case: `SSH ${where}${name}, ${direction} it`, values: { MBps } });
        }
      }
      for (const direction of ["from", "to"] as const) {
        const MBps = found.get(`to a workspace ${direction}`) ?? 0;
        targets.push(atLeast(`${direction} a workspace${name}`, MBps, wantedMBps, "MB/s"));
        const besides = found.get(`to a plain sshd ${direction}`);
        if (besides !== undefined && roundTripMs === 0) {
          targets.push(atLeast(`${direction} a workspace, by a plain sshd`, MBps / besides, wantedOfPlain, "×"));
        }
      }
    }
    const beside = typeof sshd === "string" ? `No plain sshd beside: ${sshd}.` : "A plain sshd on loopback beside.";
    const setup = `OpenSSH's client, server, agent and workspace on one machine, from the start of \`ssh\` to its end; what is away has a line between client and server that holds everything for half of it each way. ${beside}`;
    return { setup, rows, targets };
  } finally {
    for (const child of children) await child.stop();
    if (typeof sshd !== "string") await sshd.stop();
    await workspace.stop();
  }
}

export const sshBulk: Benchmark = { id: "B13", title: "Bulk by SSH", run };
