import type { Job } from "../../src/contracts/api/jobs.ts";
import type { Pool } from "../../src/contracts/api/prebuilds.ts";
import type { TemplateVersion } from "../../src/contracts/api/templates.ts";
import type { LogEntry } from "../../src/contracts/api/logs.ts";
import type { Build, Workspace } from "../../src/contracts/api/workspaces.ts";

const at = "2030-01-01T11:57:00.000Z";
export const sampleIds = {
  workspace: "11111111-1111-4111-8111-111111111111",
  job: "22222222-2222-4222-8222-222222222222",
  build: "33333333-3333-4333-8333-333333333333",
  version: "44444444-4444-4444-8444-444444444444",
  template: "55555555-5555-4555-8555-555555555555",
  preset: "66666666-6666-4666-8666-666666666666",
} as const;

export function sampleBuild(changes: Partial<Build> = {}): Build {
  return {
    id: sampleIds.build,
    number: 1,
    transition: "start",
    stage: "ordinary",
    status: "running",
    errorCode: null,
    error: null,
    jobId: sampleIds.job,
    initiator: "ann",
    reason: "",
    templateVersion: "amber-fox",
    createdAt: at,
    startedAt: at,
    completedAt: null,
    ...changes,
  };
}

/** A workspace whose first build runs. */
export function sampleWorkspace(changes: Partial<Workspace> = {}): Workspace {
  return {
    id: sampleIds.workspace,
    organization: "default",
    name: "dev",
    owner: "ann",
    template: "node",
    preset: "small",
    status: "starting",
    isPrebuild: false,
    isUsable: false,
    parameters: { size: "small" },
    latestBuild: sampleBuild(),
    agents: [],
    isOutdated: false,
    createdAt: at,
    claimedAt: null,
    lastUsedAt: null,
    ttlMs: null,
    autostartSchedule: null,
    deadlineAt: null,
    dormantAt: null,
    deletingAt: null,
    cost: 0,
    ...changes,
  };
}

/** The same, usable. */
export function usableWorkspace(changes: Partial<Workspace> = {}): Workspace {
  return sampleWorkspace({
    status: "running",
    isUsable: true,
    latestBuild: sampleBuild({ status: "succeeded" }),
    ...changes,
  });
}

export function sampleJob(changes: Partial<Job> = {}): Job {
  return {
    id: sampleIds.job,
    kind: "build",
    status: "succeeded",
    queuePosition: null,
    lane: "people",
    place: null,
    waitingFor: null,
    attempt: 1,
    initiator: "ann",
    isPrebuild: false,
    template: "node",
    workspace: "dev",
    workspaceId: sampleIds.workspace,
    owner: "ann",
    preset: null,
    transition: "start",
    stage: "ordinary",
    tags: {},
    daemon: "daemon-1",
    errorCode: null,
    error: null,
    blockedBecause: null,
    createdAt: at,
    startedAt: at,
    completedAt: at,
    ...changes,
  };
}

export function sampleLog(id: number, line: string, changes: Partial<LogEntry> = {}): LogEntry {
  return { id, at, level: "info", stage: "apply", line, ...changes };
}

export function samplePool(changes: Partial<Pool> = {}): Pool {
  return {
    presetId: sampleIds.preset,
    template: "node",
    preset: "small",
    version: "amber-fox",
    isActive: true,
    health: "healthy",
    desired: 3,
    actual: 2,
    eligible: 1,
    expired: 0,
    extraneous: 0,
    starting: 1,
    stopping: 0,
    deleting: 0,
    failed: 4,
    parked: 0,
    held: [],
    ...changes,
  };
}

export function sampleVersion(changes: Partial<TemplateVersion> = {}): TemplateVersion {
  return {
    id: sampleIds.version,
    number: 3,
    name: "amber-fox",
    message: "",
    status: "importing",
    error: null,
    isActive: false,
    driver: "process",
    claimEffect: "none",
    importJobId: sampleIds.job,
    createdAt: at,
    createdBy: "ann",
    ...changes,
  };
}
