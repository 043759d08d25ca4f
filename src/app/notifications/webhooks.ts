import type { Webhook } from "../../contracts/api/notifications.ts";
import type { AuditAction } from "../../contracts/audit-actions.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { NotificationKind } from "../../contracts/notification-kinds.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import {
  insertWebhook,
  insertWebhookTest,
  listWebhooks,
  removeWebhook,
  type WebhookRow,
} from "../../db/notifications/notification-webhooks.ts";
import type { Tx } from "../../db/store.ts";
import { addressOfHost, isPublicAddress } from "../../platform/network/public-address.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireAdministrator } from "../authorize.ts";
import { instant } from "../page.ts";

const secretBytes = 32;

export async function seeWebhooks(context: AppContext, actor: Actor): Promise<{ webhooks: Webhook[] }> {
  requireAdministrator(actor, "list webhooks");
  return { webhooks: (await listWebhooks(context.db)).map(viewOf) };
}

/** Adds a target; its secret is stored sealed, and told this once. Errors: `invalid_request`, `name_taken`. */
export async function createWebhook(
  context: AppContext,
  actor: Actor,
  input: { readonly name: string; readonly url: string; readonly kinds?: readonly NotificationKind[] },
): Promise<{ webhook: Webhook; secret: string }> {
  requireAdministrator(actor, "add webhooks");
  const url = checkedUrl(input.url, context.options.isPrivateWebhookAllowed);
  const id = context.random.uuid();
  const secret = `whsec_${context.random.bytes(secretBytes).toString("base64")}`;
  const sealed = await context.stateVault.seal(id, secret);
  const { name, kinds = [] } = input;
  const now = context.clock.now();
  await context.db.transaction("create webhook", async (tx) => {
    const isNew = await insertWebhook(tx, { id, name, url, ...sealed, kinds, by: actor.userId, now });
    if (!isNew) throw new CodedError("name_taken", `There is a webhook "${name}" already.`);
    await audit(tx, {
      actor,
      action: "webhook.create",
      targetId: id,
      name,
      detail: { url: shownUrl(url), kinds },
      now,
    });
  });
  return { webhook: viewOf({ id, name, url, kinds, created_at: now }), secret };
}

/** Errors: `not_found`. */
export async function deleteWebhook(context: AppContext, actor: Actor, name: string): Promise<void> {
  requireAdministrator(actor, "remove webhooks");
  const now = context.clock.now();
  await context.db.transaction("remove webhook", async (tx) => {
    const targetId = await removeWebhook(tx, name, now);
    if (targetId === undefined) throw noWebhook(name);
    await audit(tx, { actor, action: "webhook.remove", targetId, name, detail: {}, now });
  });
}

/** Errors: `not_found`. */
export async function testWebhook(context: AppContext, actor: Actor, name: string): Promise<{ deliveryId: string }> {
  requireAdministrator(actor, "test webhooks");
  const now = context.clock.now();
  return await context.db.transaction("test webhook", async (tx) => {
    const deliveryId = await insertWebhookTest(tx, name, now);
    if (deliveryId === undefined) throw noWebhook(name);
    return { deliveryId };
  });
}

/** What can be told without connecting; the address of a name is checked at each connection. */
function checkedUrl(text: string, isPrivateAllowed: boolean): string {
  const refuse = (reason: string): CodedError =>
    new CodedError("invalid_request", `The URL of the webhook is refused: ${reason}.`, {
      problems: [{ field: "url", reason }],
    });
  if (!URL.canParse(text)) throw refuse("it is no URL; one looks like https://hooks.example.com/prewarm");
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") throw refuse("it must start with https:// or http://");
  if (url.username !== "" || url.password !== "") throw refuse("it must not hold a user name or password");
  const address = addressOfHost(url.hostname);
  if (!isPrivateAllowed && (url.hostname === "localhost" || (address !== undefined && !isPublicAddress(address)))) {
    throw refuse("its host is private or reserved, which only notifications.webhook.allow_private allows");
  }
  url.hash = "";
  return url.href;
}

function shownUrl(text: string): string {
  const url = new URL(text);
  return `${url.origin}${url.pathname}${url.search === "" ? "" : "?…"}`;
}

function viewOf(row: WebhookRow): Webhook {
  const { id, name, url, kinds } = row;
  return { id, name, url: shownUrl(url), kinds: [...kinds], createdAt: instant(row.created_at) };
}

function noWebhook(name: string): CodedError {
  return new CodedError("not_found", `There is no webhook "${name}".`);
}

async function audit(
  tx: Tx,
  entry: {
    readonly actor: Actor;
    readonly action: AuditAction;
    readonly targetId: string;
    readonly name: string;
    readonly detail: Readonly<Record<string, unknown>>;
    readonly now: Date;
  },
): Promise<void> {
  await recordAudit(tx, {
    at: entry.now,
    actorId: entry.actor.userId,
    organizationId: null,
    action: entry.action,
    targetId: entry.targetId,
    targetName: entry.name,
    detail: entry.detail,
  });
}
