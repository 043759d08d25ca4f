import type { Setting } from "../../contracts/api/settings.ts";
import { CodedError } from "../../contracts/errors.ts";
import { settingRefusal } from "../../contracts/setting-words.ts";
import { type AuditEntry, recordAudit } from "../../db/audit/audit.ts";
import {
  holdStoredOptions,
  readStoredOptions,
  resetOption,
  type StoredOption,
  storeOption,
} from "../../db/settings/stored-options.ts";
import type { LiveSetting } from "../../platform/config/live-config.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireAdministrator } from "../authorize.ts";
import { instant } from "../page.ts";

/** Every option of this server: what counts, why, and what is stored. */
export async function listSettings(context: AppContext, actor: Actor): Promise<{ settings: Setting[] }> {
  requireAdministrator(actor, "see the settings of the deployment");
  // Whoever asks this server is answered by what is stored now, also where its news are late.
  const stored = await holdStoredOptions(context.db, context.settings);
  return { settings: context.settings.list().map((setting) => settingView(setting, stored)) };
}

interface Wanted {
  readonly setting: string;
  readonly value: string;
}

/** Errors: `not_found`, `setting_needs_restart`, `setting_is_given`, `invalid_parameter`. */
export async function storeSetting(context: AppContext, actor: Actor, wanted: Wanted): Promise<Setting> {
  requireAdministrator(actor, "change settings of the deployment");
  const setting = await requireSetting(context, wanted.setting);
  const refusal = settingRefusal(setting);
  if (refusal !== undefined) throw refused(refusal);
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
  return await requireSetting(context, name);
}

/** Errors: `not_found`, `setting_needs_restart`. One that is not stored stays as it is. */
export async function resetSetting(context: AppContext, actor: Actor, named: string): Promise<Setting> {
  requireAdministrator(actor, "change settings of the deployment");
  const setting = await requireSetting(context, named);
  const refusal = settingRefusal(setting);
  // What is stored below a value that the server was given may be taken back as well.
  if (refusal?.code === "setting_needs_restart") throw refused(refusal);
  const { name } = setting;
  await context.db.transaction("reset setting", async (tx) => {
    const before = await resetOption(tx, name);
    if (before === null) return;
    await recordAudit(tx, auditOf(context, actor, { action: "setting.reset", name, detail: { before } }));
  });
  return await requireSetting(context, name);
}

function refused({ code, because, next }: NonNullable<ReturnType<typeof settingRefusal>>): CodedError {
  return new CodedError(code, because, { next });
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

async function requireSetting(context: AppContext, name: string): Promise<Setting> {
  const stored = await holdStoredOptions(context.db, context.settings);
  const setting = context.settings.list().find((candidate) => candidate.name === name);
  if (setting !== undefined) return settingView(setting, stored);
  throw new CodedError("not_found", `There is no option ${JSON.stringify(name)}.`, {
    next: "List them with `prewarm settings list`.",
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
