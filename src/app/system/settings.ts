import type { Setting } from "../../contracts/api/settings.ts";
import { CodedError } from "../../contracts/errors.ts";
import { type AuditEntry, recordAudit } from "../../db/audit/audit.ts";
import { readStoredOptions, resetOption, type StoredOption, storeOption } from "../../db/settings/stored-options.ts";
import type { LiveSetting } from "../../platform/config/live-config.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireAdministrator } from "../authorize.ts";
import { instant } from "../page.ts";

/** Every option of this server: what counts, why, and what is stored. */
export async function listSettings(context: AppContext, actor: Actor): Promise<{ settings: Setting[] }> {
  requireAdministrator(actor, "see the settings of the deployment");
  const stored = await refresh(context);
  return { settings: context.settings.list().map((setting) => settingView(setting, stored)) };
}

interface Wanted {
  readonly setting: string;
  readonly value: string;
}

/** Errors: `not_found`, `setting_needs_restart`, `setting_is_given`, `invalid_parameter`. */
export async function storeSetting(context: AppContext, actor: Actor, wanted: Wanted): Promise<Setting> {
  requireAdministrator(actor, "change settings of the deployment");
  const setting = requireLive(context, wanted.setting);
  if (setting.source !== "default" && setting.source !== "stored") throw isGiven(setting);
  const { name, expected } = setting;
  const value = wanted.value.trim();
  if (!context.settings.accepts(name, value)) {
    throw new CodedError("invalid_parameter", `${name} cannot be ${JSON.stringify(value)}.`, {
      next: `Give ${expected}.`,
      problems: [{ field: "value", reason: `Expected ${expected}.` }],
    });
  }
  const now = context.clock.now();
  await context.db.transaction("store setting", async (tx) => {
    const [before] = await readStoredOptions(tx, [name]);
    if (!(await storeOption(tx, { name, value, by: actor.userId, now }))) return;
    const detail = { before: before?.value ?? null, after: value };
    await recordAudit(tx, auditOf(context, actor, { action: "setting.store", name, detail }));
  });
  return await settingOf(context, name);
}

/** Errors: `not_found`, `setting_needs_restart`. One that is not stored stays as it is. */
export async function resetSetting(context: AppContext, actor: Actor, named: string): Promise<Setting> {
  requireAdministrator(actor, "change settings of the deployment");
  const { name } = requireLive(context, named);
  await context.db.transaction("reset setting", async (tx) => {
    const before = await resetOption(tx, name);
    if (before === null) return;
    await recordAudit(tx, auditOf(context, actor, { action: "setting.reset", name, detail: { before } }));
  });
  return await settingOf(context, name);
}

function auditOf(
  context: AppContext,
  actor: Actor,
  entry: Pick<AuditEntry, "action" | "detail"> & { readonly name: string },
): AuditEntry {
  const { action, detail, name } = entry;
  const at = context.clock.now();
  return { at, actorId: actor.userId, organizationId: null, action, targetId: null, targetName: name, detail };
}

/** Whoever asks this server is answered by what is stored now, also where its news are late. */
async function refresh(context: AppContext): Promise<readonly StoredOption[]> {
  const stored = await readStoredOptions(context.db, context.settings.liveNames);
  context.settings.hold(new Map(stored.map(({ name, value }) => [name, value])));
  return stored;
}

async function settingOf(context: AppContext, name: string): Promise<Setting> {
  const stored = await refresh(context);
  return settingView(requireSetting(context, name), stored);
}

function requireSetting(context: AppContext, name: string): LiveSetting {
  const setting = context.settings.list().find((candidate) => candidate.name === name);
  if (setting !== undefined) return setting;
  throw new CodedError("not_found", `There is no option ${JSON.stringify(name)}.`, {
    next: "List them with `prewarm settings list`.",
  });
}

function requireLive(context: AppContext, name: string): LiveSetting {
  const setting = requireSetting(context, name);
  if (setting.isLive) return setting;
  throw new CodedError("setting_needs_restart", `${name} is read when a server starts.`, {
    next: `Give each server ${setting.flag}, ${setting.env}, or ${name} in its file, and restart it.`,
  });
}

function isGiven({ name, source, flag, env, value }: LiveSetting): CodedError {
  const place =
    source === "flag" ? `the flag ${flag}` : source === "environment" ? `the environment variable ${env}` : "the file";
  return new CodedError("setting_is_given", `${name} is ${value ?? "given"} by ${place}, which counts first.`, {
    next: `Change it there, or take it away there and restart the server: from then on it can be changed here.`,
  });
}

function settingView({ isLive, env, kind: _, ...setting }: LiveSetting, stored: readonly StoredOption[]): Setting {
  const found = stored.find(({ name }) => name === setting.name);
  return {
    ...setting,
    environment: env,
    effect: isLive ? "at_once" : "restart",
    stored:
      found === undefined
        ? null
        : { value: found.value, at: instant(found.at), by: found.by, isInForce: setting.source === "stored" },
  };
}
