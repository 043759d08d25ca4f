import type { DoctorFinding } from "../../contracts/api/system.ts";
import { shellWord } from "../../contracts/shell-word.ts";
import type { HeldReason } from "../../contracts/states.ts";
import { unservedVersions } from "../../db/daemons/unserved-versions.ts";
import type { PrebuildsSwitches, SwitchSetting } from "../../db/settings/settings.ts";
import { lastErrorLine } from "../../domain/pool/last-failure.ts";
import { plannedCreates } from "../../domain/pool/pool-plan.ts";
import { isActivePreset } from "../../domain/pool/pool-snapshot.ts";
import type { AppContext } from "../app-context.ts";
import { daemonsSeenSince } from "../jobs/jobs.ts";
import { type SeenPool, seePools } from "../prebuilds/pools.ts";
import { finding } from "./finding.ts";

/** Reasons that are of the whole deployment and told as such, or that only spread a fill over time. */
const passedOver: readonly HeldReason[] = ["paused", "disabled", "in_flight_limit", "create_rate"];

/** What keeps pools from being full, each with its cause: never "all healthy" while one of them has nothing to give. */
export async function poolFindings(context: AppContext): Promise<DoctorFinding[]> {
  const { pools, switches } = await seePools(context, {});
  const wanting = pools.filter(({ snapshot, plan }) => isActivePreset(snapshot.preset) && plan.state.desired > 0);
  const versions = [...new Set(wanting.map(({ snapshot }) => snapshot.preset.templateVersionId))];
  const unserved = await unservedVersions(context.db, versions, daemonsSeenSince(context));
  const troubles = pools.flatMap((pool) => {
    const isWanting = wanting.includes(pool);
    return troubleOf(pool, isWanting ? (unserved.get(pool.snapshot.preset.templateVersionId) ?? null) : null);
  });
  const findings = [...switchFindings(context, switches), ...troubles];
  if (findings.length > 0) return findings;
  const filling = wanting.filter(({ plan }) => plan.state.eligible < plan.state.desired).length;
  const how = filling === 0 ? "all healthy" : `all healthy; ${filling} of them are being filled`;
  return [finding("pools", "ok", `${pools.length} pools, ${how}.`)];
}

function troubleOf(pool: SeenPool, unserved: string | null): DoctorFinding[] {
  const { snapshot, plan, versionName } = pool;
  const { preset, lastFailure } = snapshot;
  const { state } = plan;
  const name = `${preset.templateName}/${preset.presetName}`;
  const ready = `The pool ${name} has ${state.eligible} of ${state.desired} ready`;
  const explain = `\`prewarm prebuilds explain ${shellWord(name)}\` says more.`;
  const warn = (message: string, next: string): DoctorFinding => finding("pools", "warning", message, next);
  if (plan.rollout?.kind === "stalled") {
    return [
      warn(
        `The roll-out of ${name} has stopped: claims still get version ${versionName}, the new one gets none ready.`,
        explain,
      ),
    ];
  }
  if (!isActivePreset(preset)) return [];
  const rest = lastFailure === undefined ? explain : `\`${lastFailure.command}\` shows the rest. ${explain}`;
  const held = plan.held.filter(({ reason }) => !passedOver.includes(reason));
  const findings = held.map(({ reason, detail }) => warn(`${ready}; creates are held (${reason}): ${detail}.`, rest));
  if (unserved !== null) {
    const next = "Start a daemon that has them: `prewarm provisioner start`; the check `drivers` says what each lacks.";
    findings.push(warn(`${ready}; nothing of it can be built: ${unserved}.`, next));
  }
  if (findings.length > 0 || state.eligible >= state.desired) return findings;
  if (lastFailure !== undefined) {
    return [warn(`${ready}; its newest failure: ${lastErrorLine(lastFailure.error)}`, rest)];
  }
  return state.eligible === 0 && !isFilling(pool) ? [warn(`${ready}, and nothing is under way.`, explain)] : [];
}

/** Whether prebuilds are being made, or were made and have their time to become ready. */
function isFilling({ snapshot, plan }: SeenPool): boolean {
  const isUnderWay = snapshot.prebuilds.some(
    ({ state, readyAt }) => state === "building" || (state === "starting" && readyAt === null),
  );
  return isUnderWay || plannedCreates(plan) > 0 || plan.mode === "paused" || plan.mode === "disabled";
}

function switchFindings(context: AppContext, { pause, off }: PrebuildsSwitches): DoctorFinding[] {
  const findings: DoctorFinding[] = [];
  const since = ({ at, by }: SwitchSetting): string =>
    `${by === null ? "" : ` by ${by}`} since ${at?.toISOString() ?? "?"}`;
  if (!context.prebuildsSwitch.isAllowed) {
    const message = "Prebuilds are switched off on this server, by its option `prebuilds.enabled`.";
    findings.push(finding("pools", "warning", message, "Start it with `--prebuilds-enabled`."));
  }
  if (off.isTurned) {
    const message = `Prebuilds are switched off${since(off)}: nothing is claimed, and the pools stay as they are.`;
    findings.push(finding("pools", "warning", message, "`prewarm prebuilds enable` switches them on."));
  }
  if (pause.isTurned) {
    const message = `Reconciliation is paused${since(pause)}.`;
    findings.push(finding("pools", "warning", message, "`prewarm prebuilds resume` lets it act again."));
  }
  return findings;
}
