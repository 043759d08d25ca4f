import type { Secret, SetSecret, SetTemplateSecret } from "../../contracts/api/secrets.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { TemplateId } from "../../contracts/ids.ts";
import {
  secretBytesPerHolderMax,
  secretsPerHolderMax,
  secretTemplatesMax,
  secretValueBytesMax,
} from "../../contracts/limits.ts";
import { secretNameProblem } from "../../contracts/secret-name.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import {
  listSecrets,
  removeSecret,
  type SecretBefore,
  type SecretHolder,
  secretBefore,
  type SecretRow,
  takeHolder,
  writeSecret,
} from "../../db/secrets/secrets.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, forbidden, isAdministrator, requireTemplateAdmin } from "../authorize.ts";
import { personOf } from "../identity/accounts.ts";
import { instant } from "../page.ts";
import { requireTemplate } from "../templates/templates.ts";

interface InOrganization {
  readonly organization?: string;
}

/** Whose secrets they are, and the name by which the audit log knows the holder. */
interface Place {
  readonly holder: SecretHolder;
  readonly name: string;
}

/** Errors: `forbidden` for another's, but to administrators; `not_found`. */
export async function seeSecrets(
  context: AppContext,
  actor: Actor,
  query: { readonly owner?: string },
): Promise<{ secrets: Secret[] }> {
  const { holder } = await placeOfPerson(context, actor, { ...query, doing: "see another's secrets" });
  return { secrets: (await listSecrets(context.db, holder)).map(viewOf) };
}

/** Errors: `forbidden`, `not_found`. */
export async function seeTemplateSecrets(
  context: AppContext,
  actor: Actor,
  input: InOrganization & { readonly template: string },
): Promise<{ secrets: Secret[] }> {
  const { holder } = await placeOfTemplate(context, actor, { ...input, doing: "see the secrets of a template" });
  return { secrets: (await listSecrets(context.db, holder)).map(viewOf) };
}

/**
 * Sets a person's own secret: there is nobody who sets another's. A template gets it once its owner has named it: that a
 * template asks for a secret is not his consent (decision 0045).
 * Errors: `invalid_request`, `not_found` for a template, `too_many_secrets`.
 */
export async function setOwnSecret(
  context: AppContext,
  actor: Actor,
  input: InOrganization & SetSecret & { readonly secret: string },
): Promise<Secret> {
  const idsOf = async (names: readonly string[] = []): Promise<readonly TemplateId[]> =>
    await Promise.all(
      names.map(async (template) => (await requireTemplate(context, actor, { ...input, template })).id),
    );
  const [allowed, disallowed] = [await idsOf(input.allow), new Set(await idsOf(input.disallow))];
  const place: Place = { holder: { kind: "person", id: actor.userId }, name: actor.username };
  return await set(context, actor, {
    ...input,
    place,
    scope: (before) => ({
      isEverywhere: input.isEverywhere ?? before.is_everywhere ?? false,
      templateIds: [...new Set([...(before.template_ids ?? []), ...allowed])].filter((id) => !disallowed.has(id)),
    }),
  });
}

/** Errors: `forbidden`, `invalid_request`, `not_found`, `too_many_secrets`. */
export async function setTemplateSecret(
  context: AppContext,
  actor: Actor,
  input: InOrganization & SetTemplateSecret & { readonly template: string; readonly secret: string },
): Promise<Secret> {
  const place = await placeOfTemplate(context, actor, { ...input, doing: "set secrets of a template" });
  return await set(context, actor, { ...input, place, scope: () => ({ isEverywhere: false, templateIds: [] }) });
}

/** Errors: `forbidden` for another's, but to administrators; `not_found`. */
export async function removeOwnSecret(
  context: AppContext,
  actor: Actor,
  input: { readonly owner?: string; readonly secret: string },
): Promise<void> {
  await remove(context, actor, {
    place: await placeOfPerson(context, actor, { ...input, doing: "remove another's secrets" }),
    secret: input.secret,
  });
}

/** Errors: `forbidden`, `not_found`. */
export async function removeTemplateSecret(
  context: AppContext,
  actor: Actor,
  input: InOrganization & { readonly template: string; readonly secret: string },
): Promise<void> {
  await remove(context, actor, {
    place: await placeOfTemplate(context, actor, { ...input, doing: "remove secrets of a template" }),
    secret: input.secret,
  });
}

interface Setting {
  readonly place: Place;
  readonly secret: string;
  readonly value?: string;
  readonly description?: string;
  readonly scope: (before: SecretBefore) => {
    readonly isEverywhere: boolean;
    readonly templateIds: readonly TemplateId[];
  };
}

async function set(context: AppContext, actor: Actor, setting: Setting): Promise<Secret> {
  const { place, secret: name, value } = setting;
  const problem = secretNameProblem(name);
  if (problem !== undefined) throw invalid("secret", problem);
  const bytes = value === undefined ? 0 : Buffer.byteLength(value);
  if (bytes > secretValueBytesMax) throw invalid("value", `it has ${bytes} bytes, of ${secretValueBytesMax} at most`);
  const id = context.random.uuid();
  const sealed = value === undefined ? null : { id, bytes, ...(await context.stateVault.seal(id, value)) };
  const now = context.clock.now();
  await context.db.transaction("set secret", async (tx) => {
    if (!(await takeHolder(tx, place.holder))) throw new CodedError("not_found", `${place.name} is gone.`);
    const before = await secretBefore(tx, place.holder, name);
    if (sealed === null && before.description === null) throw noSecret(name, place);
    if (sealed !== null) requireRoom(before, bytes);
    const { isEverywhere, templateIds } = setting.scope(before);
    if (templateIds.length > secretTemplatesMax) {
      throw invalid("allow", `a secret can be for ${secretTemplatesMax} templates, one by one`);
    }
    const description = setting.description ?? before.description ?? "";
    const by = actor.userId;
    const { holder } = place;
    await writeSecret(tx, { holder, name, description, isEverywhere, templateIds, value: sealed, by, now });
    await audit(context, tx, {
      actor,
      place,
      action: "secret.set",
      targetId: id,
      name,
      detail: { isNew: before.description === null, isValueSet: sealed !== null, isEverywhere, templateIds },
    });
  });
  const row = (await listSecrets(context.db, place.holder)).find((one) => one.name === name);
  if (row === undefined) throw new CodedError("not_found", `The secret "${name}" was removed at once.`);
  return viewOf(row);
}

function requireRoom(before: SecretBefore, bytes: number): void {
  if (before.others >= secretsPerHolderMax) {
    throw new CodedError("too_many_secrets", `There are ${before.others} secrets already, of ${secretsPerHolderMax}.`);
  }
  const all = before.other_bytes + bytes;
  if (all <= secretBytesPerHolderMax) return;
  throw new CodedError(
    "too_many_secrets",
    `With this one the secrets would have ${all} bytes, of ${secretBytesPerHolderMax} at most together.`,
  );
}

async function remove(
  context: AppContext,
  actor: Actor,
  { place, secret: name }: { readonly place: Place; readonly secret: string },
): Promise<void> {
  await context.db.transaction("remove secret", async (tx) => {
    const targetId = await removeSecret(tx, place.holder, name);
    if (targetId === undefined) throw noSecret(name, place);
    await audit(context, tx, { actor, place, action: "secret.remove", targetId, name, detail: {} });
  });
}

async function placeOfPerson(
  context: AppContext,
  actor: Actor,
  { owner, doing }: { readonly owner?: string; readonly doing: string },
): Promise<Place> {
  if (owner === undefined || owner.toLowerCase() === actor.username.toLowerCase()) {
    return { holder: { kind: "person", id: actor.userId }, name: actor.username };
  }
  if (!isAdministrator(actor)) throw forbidden(doing, "administrators");
  const person = await personOf(context, owner);
  return { holder: { kind: "person", id: person.id }, name: person.username };
}

async function placeOfTemplate(
  context: AppContext,
  actor: Actor,
  input: InOrganization & { readonly template: string; readonly doing: string },
): Promise<Place> {
  const row = await requireTemplate(context, actor, input);
  requireTemplateAdmin(actor, row.organization_id, input.doing);
  return { holder: { kind: "template", id: row.id }, name: row.name };
}

function viewOf(row: SecretRow): Secret {
  const { name, description, set_at: setAt, set_by: setBy, is_everywhere: isEverywhere, templates } = row;
  return { name, description, setAt: instant(setAt), setBy, templates: [...templates], isEverywhere };
}

function invalid(field: string, reason: string): CodedError {
  return new CodedError("invalid_request", `The secret cannot be set: ${reason}.`, { problems: [{ field, reason }] });
}

function noSecret(name: string, { holder }: Place): CodedError {
  const where = holder.kind === "template" ? "The template has no" : "There is no";
  return new CodedError("not_found", `${where} secret "${name}".`, {
    next: "`prewarm secrets list` shows what there is; `prewarm secrets set` sets one.",
  });
}

async function audit(
  context: AppContext,
  tx: Parameters<typeof recordAudit>[0],
  entry: {
    readonly actor: Actor;
    readonly place: Place;
    readonly action: "secret.set" | "secret.remove";
    readonly targetId: string;
    readonly name: string;
    readonly detail: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  const { actor, place, action, targetId, name, detail } = entry;
  await recordAudit(tx, {
    at: context.clock.now(),
    actorId: actor.userId,
    organizationId: null,
    action,
    targetId,
    targetName: name,
    detail: { ...detail, [place.holder.kind]: place.name },
  });
}
