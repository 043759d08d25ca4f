import type { NotificationKind } from "../../contracts/notification-kinds.ts";
import { shellWord } from "../../contracts/shell-word.ts";
import { type Detail, read } from "./detail.ts";

/** A text as it is before it is made plain or HTML: what happened, why, and what to do next. */
export interface NotificationText {
  readonly subject: string;
  readonly what: string;
  readonly why: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly next: string;
  /** A command that shows more, or does it. */
  readonly command: string | null;
}

/** Every text there is, in one place. Total: a detail of an older release lacks words, it never breaks a mail. */
const catalogue: Readonly<Record<NotificationKind, (detail: Detail) => NotificationText>> = {
  claim_replaced_resources: (detail) => {
    const { template, workspace } = read.texts(detail, "template", "workspace");
    return {
      subject: `The claim of ${workspace} replaced resources of the template ${template}: ${read.addresses(detail)}`,
      what: `When ${workspace} was claimed, resources of the template ${template} were deleted and made anew.`,
      why: "The change of owner changes attributes that their provider cannot change in place, so its owner waited for them.",
      facts: read.replacements(detail),
      next: "Keep what differs between owners out of these attributes, or have the template ignore their changes.",
      command: `prewarm templates show ${template}`,
    };
  },
  rehearsal_found_replacement: (detail) => {
    const { template, preset, version } = read.texts(detail, "template", "preset", "version");
    return {
      subject: `A claim from the pool ${template}/${preset} would replace ${read.addresses(detail)}`,
      what: `A claim from the pool ${template}/${preset}, of the version ${version}, would delete resources and make them anew.`,
      why: "The change of owner changes attributes that their provider cannot change in place. Nobody was hit yet: it was a rehearsal.",
      facts: read.replacements(detail),
      next: "Publish a version in which these attributes do not depend on the owner.",
      command: `prewarm prebuilds explain ${shellWord(`${template}/${preset}`)}`,
    };
  },
  pool_hard_limited: (detail) => {
    const { template, preset, probeAt } = read.texts(detail, "template", "preset", "probeAt");
    return {
      subject: `The pool ${template}/${preset} is hard-limited: its newest builds all failed`,
      what: `The pool ${template}/${preset} creates no prebuilds any more, but one from time to time to see whether it works again.`,
      why: `Its newest ${read.text(detail, "failures")} builds all failed${typeof detail["error"] === "string" ? `, the last one by this: ${read.text(detail, "error")}` : "."}`,
      facts: [["next probe", probeAt]],
      next: "Look at its log, then publish a corrected version, or resume the pool when the cause lay elsewhere.",
      command:
        typeof detail["command"] === "string"
          ? read.text(detail, "command")
          : `prewarm prebuilds explain ${shellWord(`${template}/${preset}`)}`,
    };
  },
  pool_recovered: (detail) => {
    const { template, preset } = read.texts(detail, "template", "preset");
    const isResumed = detail["because"] === "resumed";
    return {
      subject: `The pool ${template}/${preset} creates prebuilds again`,
      what: `The pool ${template}/${preset} is no longer hard-limited.`,
      why: isResumed ? "It was resumed, so earlier failures no longer count." : "A build of it has succeeded.",
      facts: [],
      next: "Nothing; it fills up by itself.",
      command: `prewarm prebuilds list --template ${template}`,
    };
  },
  template_import_failed: (detail) => {
    const { template, version, jobId } = read.texts(detail, "template", "version", "jobId");
    return {
      subject: `The version ${version} of the template ${template} could not be imported`,
      what: `The version ${version} of the template ${template} was pushed, and its import failed. The active version stays.`,
      why: read.text(detail, "error"),
      facts: [],
      next: "Correct the template and push it again.",
      command: `prewarm jobs logs ${jobId}`,
    };
  },
  workspace_dormant: (detail) => {
    const { workspace, template, reason } = read.texts(detail, "workspace", "template", "reason");
    return {
      subject: `Your workspace ${workspace} is dormant`,
      what: `Your workspace ${workspace} was put away: it is stopped, and no schedule starts it.`,
      why: reason,
      facts: [["template", template], ...read.optionalFact(detail, "deletingAt", "deleted on")],
      next: "Start it to wake it; what it holds is still there.",
      command: `prewarm start ${workspace}`,
    };
  },
  workspace_deletion_soon: (detail) => {
    const { workspace, template, deletingAt } = read.texts(detail, "workspace", "template", "deletingAt");
    return {
      subject: `Your workspace ${workspace} will be deleted on ${deletingAt.slice(0, 10)}`,
      what: `Your dormant workspace ${workspace} will be deleted, with all that it holds.`,
      why: `The template ${template} deletes workspaces that stay dormant.`,
      facts: [["deleted on", deletingAt]],
      next: "Start it to keep it.",
      command: `prewarm start ${workspace}`,
    };
  },
  build_failed: (detail) => {
    const { workspace, template, transition, code } = read.texts(detail, "workspace", "template", "transition", "code");
    return {
      subject: `The ${transition} of your workspace ${workspace} failed`,
      what: `Build ${read.text(detail, "number")} of your workspace ${workspace}, a ${transition}, failed.`,
      why: read.text(detail, "error"),
      facts: [
        ["template", template],
        ["error", code],
      ],
      next: "The build log shows the step that failed. Try again, or ask whoever looks after the template.",
      command: `prewarm logs ${workspace}`,
    };
  },
  daemon_lost: (detail) => {
    const { daemon, seenAt } = read.texts(detail, "daemon", "seenAt");
    return {
      subject: `The provisioner daemon ${daemon} is lost`,
      what: `The provisioner daemon ${daemon} does not answer any more. Jobs that only it can run will wait.`,
      why: "It ended without signing off, its host is down, or it cannot reach the server.",
      facts: [
        ["heard of last", seenAt],
        ["jobs it had", read.text(detail, "running")],
      ],
      next: "Look at its log on its host, and start it again. When it was taken away on purpose, there is nothing to do.",
      command: "prewarm doctor",
    };
  },
  daemon_back: (detail) => {
    const { daemon, lostAt } = read.texts(detail, "daemon", "lostAt");
    return {
      subject: `The provisioner daemon ${daemon} is back`,
      what: `The provisioner daemon ${daemon} answers again and takes jobs.`,
      why: "It was started again, or can reach the server again.",
      facts: [["lost since", lostAt]],
      next: "Nothing; jobs that it had lost were given up, and their workspaces can be started again.",
      command: "prewarm jobs list --status failed",
    };
  },
  reconciliation_paused: (detail) => {
    const { pausedAt } = read.texts(detail, "pausedAt");
    return {
      subject: "Reconciliation has been paused for long",
      what: "No pool is looked after: nothing is created, deleted or replaced, and pools that are claimed from run empty.",
      why: typeof detail["by"] === "string" ? `${detail["by"]} paused it.` : "It was paused.",
      facts: [["paused since", pausedAt]],
      next: "Resume it, unless the reason for the pause still holds.",
      command: "prewarm prebuilds resume",
    };
  },
};

export function notificationText(kind: NotificationKind, detail: Detail): NotificationText {
  return catalogue[kind](detail);
}
