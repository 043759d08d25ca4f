import { CodedError } from "../../contracts/errors.ts";
import type { TemplateId, UserId } from "../../contracts/ids.ts";
import type { Manifest, ManifestSecret } from "../../contracts/manifest.ts";
import { type HeldSecret, heldSecrets } from "../../db/secrets/held-secrets.ts";
import type { AppContext } from "../app-context.ts";
import type { Actor } from "../authorize.ts";

/** What a creation has found out already. */
interface Required {
  readonly version: { readonly manifest: Manifest };
  readonly target: { readonly template_id: TemplateId; readonly template_name: string };
  readonly owner: { readonly id: UserId; readonly username: string };
}

export function requiredSecretsOf({ secrets = [] }: Pick<Manifest, "secrets">): readonly ManifestSecret[] {
  return secrets.filter(({ required }) => required === true);
}

/**
 * Refuses a creation whose workspace would lack what its template requires, before a prebuild is spent on it. A template
 * that requires nothing costs no question.
 * Errors: `secret_missing`.
 */
export async function requireSecrets(
  context: AppContext,
  actor: Actor,
  { version, target, owner }: Required,
): Promise<void> {
  const required = requiredSecretsOf(version.manifest);
  if (required.length === 0) return;
  const held = await heldSecrets(context.db, {
    ownerId: owner.id,
    templateId: target.template_id,
    names: required.map(({ name }) => name),
  });
  const lacking = required.flatMap((secret) => {
    const lack = lackOf(secret, held, target.template_name);
    return lack === undefined ? [] : [{ ...lack, name: secret.name }];
  });
  const [first] = lacking;
  if (first === undefined) return;
  const who = owner.id === actor.userId || first.isTemplates ? "" : `${owner.username}: `;
  throw new CodedError(
    "secret_missing",
    `The template "${target.template_name}" requires the secret ${first.name}: ${first.reason}.`,
    {
      next: `${who}\`${first.command}\``,
      problems:
        lacking.length === 1
          ? []
          : lacking.map(({ name, reason, command }) => ({ field: name, reason: `${reason}: ${command}` })),
    },
  );
}

interface Lack {
  readonly reason: string;
  readonly command: string;
  readonly isTemplates: boolean;
}

/** What keeps a secret from its workspaces, and the command that ends it; undefined when nothing does. */
function lackOf({ name, from }: ManifestSecret, held: readonly HeldSecret[], template: string): Lack | undefined {
  const isTemplates = from === "template";
  const found = held.find((one) => one.name === name && one.is_templates === isTemplates);
  if (found?.is_given === true) return undefined;
  if (isTemplates) {
    const command = `prewarm secrets set ${name} --template ${template}`;
    return { reason: "the template's admins have not set it", command, isTemplates };
  }
  if (found === undefined) {
    return {
      reason: "its owner has none of that name",
      command: `prewarm secrets set ${name} --for ${template}`,
      isTemplates,
    };
  }
  return {
    reason: "its owner has one, and has not let it go to this template",
    command: `prewarm secrets allow ${name} ${template}`,
    isTemplates,
  };
}
