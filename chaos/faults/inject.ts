import { closeSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from "node:fs";
import path from "node:path";
import { sleep } from "../../src/platform/sleep.ts";
import { faultKindNamed } from "../plan/fault-kinds.ts";
import type { PlannedFault } from "../plan/round-plan.ts";
import type { LinkState } from "../system/faulty-proxy.ts";
import { type Possible, whyImpossible } from "../system/possible.ts";
import { type AgentProcess, agentProcesses, sendSignal } from "../system/process-list.ts";
import type { DaemonUnit, ServerUnit, System } from "../system/system.ts";
import { comesTrue } from "../system/wait.ts";
import type { Touched } from "./touched.ts";

export interface FaultContext {
  readonly system: System;
  readonly possible: Possible;
  readonly touched: Touched;
  /** The run's folder. */
  readonly folder: string;
  readonly nowMs: () => number;
}

/** A fault that is under way. */
export interface Wound {
  /** To what it was done, for people. */
  readonly target: string;
  heal(): Promise<void>;
}

const termLimitMs = 30_000;
const readyLimitMs = 30_000;
const agentsMax = 4;
const clockStepSeconds = 90;
const fillerName = "filler";
const fillerBytes = 262_144;

const nothing = (): Promise<void> => Promise.resolve();

/** Does what is planned. @returns the wound, or why it cannot be done here */
export async function inject(context: FaultContext, fault: PlannedFault): Promise<Wound | string> {
  const why = whyImpossible(faultKindNamed(fault.name), context.possible);
  if (why !== null) return why;
  const { system } = context;
  switch (faultKindNamed(fault.name).target) {
    case "server":
      return serverFault(fault, picked(system.servers, fault.pick));
    case "servers":
      return serversFault(context, fault);
    case "daemon":
      return daemonFault(context, fault, picked(system.daemons, fault.pick));
    case "agent":
      return agentFault(context, fault);
    case "postgres":
      return await postgresFault(context, fault);
  }
}

function picked<Value>(values: readonly Value[], pick: number): Value {
  const found = values[Math.floor(pick * values.length)];
  if (found === undefined) throw new Error("There is nothing to pick from.");
  return found;
}

/** 50 to 300 ms. */
const slow = (strength: number): LinkState => ({ kind: "slow", delayMs: Math.round(50 + strength * 250) });

function serverFault(fault: PlannedFault, server: ServerUnit): Wound | string {
  const { program, database, front } = server;
  const target = server.name;
  const link = (proxy: typeof front, state: LinkState): Wound => {
    proxy.set(state);
    return { target, heal: async () => proxy.set({ kind: "forward" }) };
  };
  switch (fault.name) {
    case "server killed":
      program.signal("SIGKILL");
      return { target, heal: async () => program.start() };
    case "server frozen":
      program.signal("SIGSTOP");
      return { target, heal: async () => program.signal("SIGCONT") };
    case "server restarted":
      program.signal("SIGTERM");
      return { target, heal: async () => await restart(server) };
    case "database link cut":
      return link(database, { kind: "cut" });
    case "database link silent":
      return link(database, { kind: "silent" });
    case "front link cut":
      return link(front, { kind: "cut" });
    case "front link silent":
      return link(front, { kind: "silent" });
    case "front link slow":
      return link(front, slow(fault.strength));
    case "clock stepped": {
      const { clockFile } = server;
      if (clockFile === null) return "libfaketime is not installed";
      const seconds = fault.strength < 0.5 ? -clockStepSeconds : clockStepSeconds;
      writeFileSync(clockFile, `${seconds > 0 ? "+" : ""}${seconds}\n`);
      return { target: `${target} ${seconds} s`, heal: async () => writeFileSync(clockFile, "+0\n") };
    }
    default:
      throw new Error(`"${fault.name}" is nothing that is done to a server.`);
  }
}

/** Waits for its goodbye, as an operator's service manager does. */
async function restart({ program }: ServerUnit): Promise<void> {
  await program.end("SIGTERM", termLimitMs);
  program.start();
}

function serversFault({ system }: FaultContext, fault: PlannedFault): Wound {
  if (fault.name === "rolling restart") return { target: "all servers", heal: async () => await roll(system) };
  const state = slow(fault.strength);
  for (const server of system.servers) server.database.set(state);
  return {
    target: "all servers",
    heal: async () => {
      for (const server of system.servers) server.database.set({ kind: "forward" });
    },
  };
}

async function roll(system: System): Promise<void> {
  for (const server of system.servers) {
    await restart(server);
    await comesTrue(async () => await system.isReady(server), readyLimitMs);
  }
}

function daemonFault(context: FaultContext, fault: PlannedFault, daemon: DaemonUnit): Wound {
  const { program, name: target } = daemon;
  switch (fault.name) {
    case "daemon killed":
      program.signal("SIGKILL");
      return { target, heal: async () => program.start() };
    case "daemon frozen":
    case "daemon past its lease":
      program.signal("SIGSTOP");
      return { target, heal: async () => program.signal("SIGCONT") };
    case "daemon restarted":
      program.signal("SIGTERM");
      return {
        target,
        heal: async () => {
          await program.end("SIGTERM", termLimitMs);
          program.start();
        },
      };
    case "host crashed": {
      program.signal("SIGKILL");
      const agents = agentProcesses(context.folder).filter((agent) => agent.daemonFolder === daemon.folder);
      touch(context, agents, "killed with its host");
      for (const agent of agents) sendSignal(agent.pid, "SIGKILL");
      return { target: `${target} and ${agents.length} agents`, heal: async () => program.start() };
    }
    case "disk full":
      return fillDisk(context, daemon);
    default:
      throw new Error(`"${fault.name}" is nothing that is done to a daemon.`);
  }
}

function fillDisk(context: FaultContext, daemon: DaemonUnit): Wound {
  const file = path.join(daemon.folder, fillerName);
  const filler = openSync(file, "w");
  try {
    for (;;) writeSync(filler, Buffer.alloc(fillerBytes));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  } finally {
    closeSync(filler);
  }
  const mark = (): void => {
    for (const name of readdirSync(path.join(daemon.folder, "workspaces"))) {
      context.touched.add(name, { atMs: context.nowMs(), how: "its disk was full" });
    }
  };
  mark();
  return {
    target: daemon.name,
    heal: async () => {
      mark();
      rmSync(file);
    },
  };
}

function agentFault(context: FaultContext, fault: PlannedFault): Wound | string {
  const all = agentProcesses(context.folder);
  if (all.length === 0) return "no agent lives at this moment";
  const count = Math.min(all.length, 1 + Math.floor(fault.strength * agentsMax));
  const first = Math.floor(fault.pick * all.length);
  const agents = Array.from({ length: count }, (_, nth) => all[(first + nth) % all.length]).filter(
    (agent) => agent !== undefined,
  );
  const isKill = fault.name === "agent killed";
  touch(context, agents, isKill ? "killed" : "frozen");
  for (const agent of agents) sendSignal(agent.pid, isKill ? "SIGKILL" : "SIGSTOP");
  return {
    target: `${count} agents`,
    heal: async () => {
      for (const agent of isKill ? [] : agents) sendSignal(agent.pid, "SIGCONT");
    },
  };
}

function touch(context: FaultContext, agents: readonly AgentProcess[], how: string): void {
  for (const agent of agents) context.touched.add(agent.workspaceId, { atMs: context.nowMs(), how });
}

async function postgresFault({ system }: FaultContext, fault: PlannedFault): Promise<Wound | string> {
  const { postgres } = system;
  const target = "PostgreSQL";
  switch (fault.name) {
    case "database killed":
      await postgres.kill();
      return { target, heal: async () => await postgres.start() };
    case "database frozen":
      postgres.freeze();
      return { target, heal: async () => postgres.thaw() };
    case "database restarted":
      await postgres.stop();
      return { target, heal: async () => await postgres.start() };
    case "backend killed": {
      const pid = await postgres.killBackend(fault.pick);
      return pid === null ? "there is no backend" : { target: `backend ${pid}`, heal: nothing };
    }
    case "backends ended":
      return { target: `${await postgres.endBackends()} backends`, heal: nothing };
    default:
      throw new Error(`"${fault.name}" is nothing that is done to PostgreSQL.`);
  }
}

/** Everything as it should be, whatever was left half-done: before the last look, and when a run is broken off. */
export async function healAll({ system, folder }: FaultContext): Promise<void> {
  system.postgres.thaw();
  await system.postgres.start();
  for (const server of system.servers) {
    server.database.set({ kind: "forward" });
    server.front.set({ kind: "forward" });
    server.program.signal("SIGCONT");
    server.program.start();
  }
  for (const daemon of system.daemons) {
    daemon.program.signal("SIGCONT");
    daemon.program.start();
  }
  for (const agent of agentProcesses(folder)) if (agent.isFrozen) sendSignal(agent.pid, "SIGCONT");
  await sleep(0);
}
