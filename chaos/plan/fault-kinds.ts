/** What a fault is done to. */
export type FaultTarget = "server" | "servers" | "daemon" | "agent" | "postgres";

export interface FaultKind {
  readonly name: string;
  readonly target: FaultTarget;
  /** Shortest and longest time that it lasts. */
  readonly lastsMs: readonly [number, number];
  readonly about: string;
  /** What the machine must have for it; `possible-faults.ts` finds out. */
  readonly needs?: "root" | "faketime";
}

/** The lease of jobs that chaos gives its servers, and which a paused daemon oversleeps. */
export const leaseMs = 10_000;

/** Every kind of fault, one row each. Names are what the log, the summary and the report say. */
export const faultKinds = [
  { name: "server killed", target: "server", lastsMs: [1_000, 12_000], about: "SIGKILL, started again later" },
  { name: "server frozen", target: "server", lastsMs: [3_000, 18_000], about: "SIGSTOP, then SIGCONT" },
  { name: "server restarted", target: "server", lastsMs: [500, 2_000], about: "SIGTERM, started again" },
  { name: "rolling restart", target: "servers", lastsMs: [1_000, 1_000], about: "SIGTERM and start, one by one" },
  { name: "daemon killed", target: "daemon", lastsMs: [1_000, 12_000], about: "SIGKILL, started again later" },
  { name: "daemon frozen", target: "daemon", lastsMs: [1_000, 6_000], about: "SIGSTOP within its lease, SIGCONT" },
  {
    name: "daemon past its lease",
    target: "daemon",
    lastsMs: [leaseMs + 4_000, leaseMs + 10_000],
    about: "SIGSTOP for longer than its leases last, SIGCONT",
  },
  { name: "daemon restarted", target: "daemon", lastsMs: [500, 2_000], about: "SIGTERM, started again" },
  { name: "host crashed", target: "daemon", lastsMs: [2_000, 8_000], about: "SIGKILL of a daemon and all its agents" },
  { name: "agent killed", target: "agent", lastsMs: [1_000, 1_000], about: "SIGKILL of some agents" },
  { name: "agent frozen", target: "agent", lastsMs: [4_000, 15_000], about: "SIGSTOP of some agents, SIGCONT" },
  { name: "database killed", target: "postgres", lastsMs: [500, 25_000], about: "SIGKILL of all of PostgreSQL" },
  { name: "database frozen", target: "postgres", lastsMs: [2_000, 18_000], about: "SIGSTOP of all of it, SIGCONT" },
  { name: "database restarted", target: "postgres", lastsMs: [500, 5_000], about: "fast shutdown, started again" },
  { name: "backend killed", target: "postgres", lastsMs: [500, 500], about: "SIGKILL of one backend: it recovers" },
  { name: "backends ended", target: "postgres", lastsMs: [500, 500], about: "pg_terminate_backend of half of them" },
  { name: "database link cut", target: "server", lastsMs: [1_000, 15_000], about: "connections reset and refused" },
  { name: "database link silent", target: "server", lastsMs: [3_000, 20_000], about: "nothing comes through" },
  { name: "database slow", target: "servers", lastsMs: [4_000, 15_000], about: "50 to 300 ms on each way" },
  { name: "front link cut", target: "server", lastsMs: [1_000, 12_000], about: "connections reset and refused" },
  { name: "front link silent", target: "server", lastsMs: [3_000, 18_000], about: "nothing comes through" },
  { name: "front link slow", target: "server", lastsMs: [4_000, 15_000], about: "50 to 300 ms on each way" },
  { name: "disk full", target: "daemon", lastsMs: [4_000, 15_000], about: "the daemon's file system", needs: "root" },
  { name: "clock stepped", target: "server", lastsMs: [4_000, 15_000], about: "± 90 s, and back", needs: "faketime" },
] as const satisfies readonly FaultKind[];

export type FaultName = (typeof faultKinds)[number]["name"];

export function faultKindNamed(name: FaultName): FaultKind {
  const found = faultKinds.find((kind) => kind.name === name);
  if (found === undefined) throw new Error(`There is no kind of fault "${name}".`);
  return found;
}
