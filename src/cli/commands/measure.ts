import { speedMsMax } from "../../contracts/tunnel.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Invocation } from "../invocation.ts";
import { printable } from "../output/printable.ts";
import { measureLegs } from "../tunnel/measure-legs.ts";
import { measureSpeed } from "../tunnel/measure-speed.ts";
import { openService, wayInto, type WorkspaceWay } from "../tunnel/workspace-stream.ts";

const countMax = 1_000;
const countDefault = 10;
const timeDefaultMs = 5_000;
const megabyte = 1_000_000;
const agentOption = { flags: "--agent <name>", about: "the agent to measure to; the workspace's first unless said" };

/** What cannot be reached is told, and has a code of its own. */
async function orNotReached(invocation: Invocation, work: () => Promise<void>): Promise<number> {
  try {
    await work();
    return exitCodes.done;
  } catch (error) {
    invocation.output.error(error);
    return exitCodes.notReached;
  }
}

interface PingWish extends WorkspaceWay {
  readonly count: number;
}

export const pingCommand: CliCommand = defineCommand<PingWish>({
  usage: "ping <workspace>",
  summary: "see where the time goes between this machine and a workspace",
  notes:
    "Round trips in milliseconds: a request to the server, a sign of life on the line to it, and the whole way to the " +
    `workspace's agent; what the last has more than the line is between server and agent. Exit code ${exitCodes.notReached}: it could not be reached.`,
  example: "prewarm ping dev -c 20",
  options: [{ flags: "-c, --count <number>", about: `round trips; ${countDefault} unless said` }, agentOption],
  isOrganizational: true,
  read: (input) => ({
    workspace: input.operand(0),
    agent: input.text("agent") ?? null,
    count: input.integer("count", { min: 1, max: countMax }) ?? countDefault,
  }),
  run: (wish, invocation) =>
    orNotReached(invocation, async () => {
      const { output } = invocation;
      const legs = await measureLegs(wish, invocation);
      output.result(legs, () =>
        output.table(
          [
            { name: "server, by HTTP", ...legs.http },
            { name: "server, on the line", ...legs.line },
            { name: `${printable(wish.workspace)}'s agent`, ...legs.agent },
            { name: "of it, server to agent", ...legs.serverToAgent },
          ],
          [
            { title: "ROUND TRIP", cell: ({ name }) => name },
            { title: "MIN", cell: ({ minMs }) => millis(minMs) },
            { title: "MEDIAN", cell: ({ medianMs }) => millis(medianMs) },
            { title: "MAX", cell: ({ maxMs }) => millis(maxMs) },
          ],
        ),
      );
    }),
});

function millis(ms: number): string {
  return `${ms.toFixed(ms < 100 ? 2 : 0)} ms`;
}

interface SpeedWish extends WorkspaceWay {
  readonly ms: number;
  readonly directions: readonly ("up" | "down")[];
}

interface Measured {
  readonly direction: "up" | "down";
  readonly bytes: number;
  readonly ms: number;
  readonly bytesPerSecond: number;
}

export const speedtestCommand: CliCommand = defineCommand<SpeedWish>({
  usage: "speedtest <workspace>",
  summary: "measure how much goes between this machine and a workspace",
  notes:
    "Millions of bytes a second, to the workspace (up) and from it (down), one after the other, through the same tunnel as " +
    `everything else. Nothing is kept. Exit code ${exitCodes.notReached}: it could not be reached.`,
  example: "prewarm speedtest dev --time 10s",
  options: [
    { flags: "--time <duration>", about: `of each direction; ${timeDefaultMs / 1_000}s unless said` },
    { flags: "--up", about: "only to the workspace" },
    { flags: "--down", about: "only from the workspace" },
    agentOption,
  ],
  isOrganizational: true,
  read: (input) => {
    const ms = input.duration("time", { maxMs: speedMsMax }) ?? timeDefaultMs;
    if (ms < 1) input.refuse("--time must be more than nothing.");
    const directions = (["up", "down"] as const).filter((each) => input.isOn(each));
    return {
      workspace: input.operand(0),
      agent: input.text("agent") ?? null,
      ms: Math.ceil(ms),
      directions: directions.length === 0 ? ["up", "down"] : directions,
    };
  },
  run: (wish, invocation) =>
    orNotReached(invocation, async () => {
      const { output, world } = invocation;
      const way = await wayInto(wish, invocation);
      const measured: Measured[] = [];
      for (const direction of wish.directions) {
        const stream = await openService(way, { kind: "speed", direction, ms: wish.ms });
        const { bytes, ms } = await measureSpeed({ stream, direction, ms: wish.ms, nowMs: world.monotonicMs });
        const bytesPerSecond = Math.round(bytes / (ms / 1_000));
        measured.push({ direction, bytes, ms: Math.round(ms), bytesPerSecond });
      }
      output.result({ measured }, () =>
        measured
          .map(
            ({ direction, bytes, bytesPerSecond }) =>
              `${direction.padEnd(5)} ${(bytesPerSecond / megabyte).toFixed(1)} MB/s (${(bytes / megabyte).toFixed(0)} MB)`,
          )
          .join("\n"),
      );
    }),
});
