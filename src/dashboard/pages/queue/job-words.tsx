import type { DaemonView } from "../../../contracts/api/daemons.ts";
import type { Job } from "../../../contracts/api/jobs.ts";
import type { JobLane } from "../../../contracts/job-queue.ts";
import { State } from "../../components/state.tsx";
import type { Tone } from "../../components/tone.ts";

export const laneTitles: Readonly<Record<JobLane, string>> = {
  people: "People",
  removals: "Pool deletes",
  prebuilds: "Pool builds",
};

const tones: Readonly<Record<Job["status"], Tone>> = {
  pending: "busy",
  running: "busy",
  canceling: "warn",
  succeeded: "ok",
  failed: "bad",
  canceled: "off",
};

export function JobState({ status }: Pick<Job, "status">) {
  return <State tone={tones[status]}>{status}</State>;
}

type Work = Pick<Job, "kind" | "transition" | "stage" | "template" | "workspace">;

/** What it does, in words: "Start of dev", "Import of node". */
export function jobTitle({ kind, transition, stage, template, workspace }: Work): string {
  const what = workspace ?? template ?? "what is gone";
  if (kind === "template_import") return `Import of ${template ?? "a template"}`;
  if (kind === "rehearsal") return `Rehearsal of a claim of ${what}`;
  if (stage === "claim") return `Claim of ${what}`;
  const verbs = { start: "Start", stop: "Stop", delete: "Delete" } as const;
  return `${transition === null ? "Build" : verbs[transition]} of ${what}`;
}

export const jobAddress = (id: string): string => `/jobs/${id}`;

export function tagsText(tags: DaemonView["tags"]): string {
  const texts = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  return texts.toSorted().join(", ") || "–";
}
