import { type Static, Type } from "typebox";
import { parametersMax, parameterValueLengthMax } from "../limits.ts";
import { ManifestParameter } from "../manifest-parameter.ts";
import { closed, organizationQuery, Parameters, Uuid } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

export const TemplateFormQuestion = Type.Object(
  {
    /** By name, number or id; the active one unless said. */
    version: Type.Optional(Type.String({ maxLength: 64 })),
    /** What was chosen so far, by the parameter's name. */
    values: Type.Optional(
      Type.Record(Type.String(), Type.String({ maxLength: parameterValueLengthMax }), { maxProperties: parametersMax }),
    ),
    preset: Type.Optional(Type.String({ maxLength: 64 })),
    /** Whose workspace it is to be; the caller's unless said. Only an administrator may name another. */
    owner: Type.Optional(Type.String({ maxLength: 128 })),
  },
  closed,
);
export type TemplateFormQuestion = Static<typeof TemplateFormQuestion>;

export const TemplateForm = Type.Object({
  version: Type.Object({ id: Uuid, name: Type.String() }),
  /** Whether other values, or another person, may have another form. */
  isDynamic: Type.Boolean(),
  /** As a form asks for them, in order. */
  parameters: Type.Array(ManifestParameter),
  /** What each has now, as far as there is anything: by the preset, as given, or by its default. */
  values: Parameters,
  presets: Type.Array(Type.Object({ name: Type.String(), isDefault: Type.Boolean(), parameters: Parameters })),
  /** What a creation with these values would be refused for; `reason` is a sentence without its full stop. */
  problems: Type.Array(
    Type.Object({
      parameter: Type.String(),
      kind: Type.Enum(["missing", "unknown", "invalid", "immutable", "fixed_by_preset"]),
      reason: Type.String(),
    }),
  ),
});
export type TemplateForm = Static<typeof TemplateForm>;

export const templateFormRoutes = {
  evaluateTemplateForm: {
    method: "POST",
    path: "/api/v1/templates/:template/parameters",
    tag: "templates",
    summary:
      "The parameters of a template as they are for a person and what was chosen so far, with what is wrong. Makes nothing.",
    credential: "user",
    access: "organization_member",
    params: Type.Object({ template: Type.String({ maxLength: 64 }) }),
    query: Type.Object(organizationQuery),
    body: TemplateFormQuestion,
    response: TemplateForm,
  },
} as const satisfies Record<string, RouteDefinition>;
