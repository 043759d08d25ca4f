import { type Static, Type } from "typebox";
import {
  descriptionLengthMax,
  nameLengthMax,
  secretNameLengthMax,
  secretTemplatesMax,
  secretValueBytesMax,
  usernameLengthMax,
} from "../limits.ts";
import { secretNamePattern } from "../secret-name.ts";
import { closed, Empty, Instant, organizationQuery } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

/** A secret as it is shown. There is no route, and no other way, by which a value comes back to a person. */
export const Secret = Type.Object({
  name: Type.String(),
  description: Type.String(),
  setAt: Instant,
  /** Null when the account is gone. */
  setBy: Type.Union([Type.String(), Type.Null()]),
  /** The templates whose workspaces get it. */
  templates: Type.Array(Type.String()),
  /** Whether its owner's workspaces get it whatever their template. */
  isEverywhere: Type.Boolean(),
});
export type Secret = Static<typeof Secret>;

const SecretName = Type.String({ minLength: 1, maxLength: secretNameLengthMax, pattern: secretNamePattern });
/** At most so many characters; the limit is one of bytes. */
const Value = Type.String({ minLength: 1, maxLength: secretValueBytesMax });
const Description = Type.String({ maxLength: descriptionLengthMax });
const Templates = Type.Array(Type.String({ minLength: 1, maxLength: nameLengthMax }), { maxItems: secretTemplatesMax });
const List = Type.Object({ secrets: Type.Array(Secret) });

const SetSecret = Type.Object(
  {
    /** May be left out where there is one. */
    value: Type.Optional(Value),
    description: Type.Optional(Description),
    /** Templates whose workspaces get it from now on, beside those that do. */
    allow: Type.Optional(Templates),
    /** Templates whose workspaces get it no longer. */
    disallow: Type.Optional(Templates),
    isEverywhere: Type.Optional(Type.Boolean()),
  },
  { ...closed, minProperties: 1 },
);
export type SetSecret = Static<typeof SetSecret>;

const SetTemplateSecret = Type.Object(
  { value: Type.Optional(Value), description: Type.Optional(Description) },
  { ...closed, minProperties: 1 },
);
export type SetTemplateSecret = Static<typeof SetTemplateSecret>;

const ownerQuery = { owner: Type.Optional(Type.String({ maxLength: usernameLengthMax })) };
const ofTemplate = Type.Object({ template: Type.String(), secret: SecretName });

export const secretRoutes = {
  listSecrets: {
    method: "GET",
    path: "/api/v1/secrets",
    tag: "secrets",
    summary: "Your own secrets, without their values; an administrator may ask for another's.",
    credential: "user",
    access: "signed_in",
    query: Type.Object(ownerQuery),
    response: List,
  },
  setSecret: {
    method: "PUT",
    path: "/api/v1/secrets/:secret",
    tag: "secrets",
    summary: "Set a secret of your own, or the templates whose workspaces get it. Nobody sets another's.",
    credential: "user",
    access: "signed_in",
    params: Type.Object({ secret: SecretName }),
    query: Type.Object(organizationQuery),
    body: SetSecret,
    response: Secret,
  },
  removeSecret: {
    method: "DELETE",
    path: "/api/v1/secrets/:secret",
    tag: "secrets",
    summary: "Remove a secret of your own; an administrator may remove another's.",
    credential: "user",
    access: "signed_in",
    params: Type.Object({ secret: SecretName }),
    query: Type.Object(ownerQuery),
    response: Empty,
  },
  listTemplateSecrets: {
    method: "GET",
    path: "/api/v1/templates/:template/secrets",
    tag: "secrets",
    summary: "A template's own secrets, without their values.",
    credential: "user",
    access: "template_admin",
    params: Type.Object({ template: Type.String() }),
    query: Type.Object(organizationQuery),
    response: List,
  },
  setTemplateSecret: {
    method: "PUT",
    path: "/api/v1/templates/:template/secrets/:secret",
    tag: "secrets",
    summary: "Set a secret of a template: whoever claims one of its workspaces gets it.",
    credential: "user",
    access: "template_admin",
    params: ofTemplate,
    query: Type.Object(organizationQuery),
    body: SetTemplateSecret,
    response: Secret,
  },
  removeTemplateSecret: {
    method: "DELETE",
    path: "/api/v1/templates/:template/secrets/:secret",
    tag: "secrets",
    summary: "Remove a secret of a template.",
    credential: "user",
    access: "template_admin",
    params: ofTemplate,
    query: Type.Object(organizationQuery),
    response: Empty,
  },
} as const satisfies Record<string, RouteDefinition>;
