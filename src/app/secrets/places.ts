import { CodedError } from "../../contracts/errors.ts";
import type { TemplateId } from "../../contracts/ids.ts";
import { secretTemplatesMax } from "../../contracts/limits.ts";
import type { AppContext } from "../app-context.ts";
import type { Actor } from "../authorize.ts";
import { requireTemplate } from "../templates/templates.ts";

/** To which templates' workspaces something of a person goes. */
export interface Places {
  readonly isEverywhere: boolean;
  readonly templateIds: readonly TemplateId[];
}

export interface Placing {
  readonly organization?: string;
  readonly allow?: readonly string[];
  readonly disallow?: readonly string[];
  readonly isEverywhere?: boolean;
}

interface Before {
  readonly is_everywhere: boolean;
  readonly template_ids: readonly TemplateId[];
}

/**
 * The places that a person wants for something of his, given those of before. `what` is the beginning of a sentence about it.
 * Errors: `invalid_request`, `not_found` for a template.
 */
export async function placing(
  context: AppContext,
  actor: Actor,
  { what, ...input }: Placing & { readonly what: "A key" | "An account" },
): Promise<(before?: Before) => Places> {
  const idsOf = async (names: readonly string[] = []): Promise<readonly TemplateId[]> =>
    await Promise.all(
      names.map(async (template) => (await requireTemplate(context, actor, { ...input, template })).id),
    );
  const [allowed, disallowed] = [await idsOf(input.allow), new Set(await idsOf(input.disallow))];
  return (before) => {
    const templateIds = [...new Set([...(before?.template_ids ?? []), ...allowed])].filter((id) => !disallowed.has(id));
    if (templateIds.length > secretTemplatesMax) {
      const reason = `${what} can be for ${secretTemplatesMax} templates, one by one`;
      throw new CodedError("invalid_request", `${reason}.`, { problems: [{ field: "allow", reason }] });
    }
    return { isEverywhere: input.isEverywhere ?? before?.is_everywhere ?? false, templateIds };
  };
}
