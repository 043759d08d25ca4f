import { type Static, Type } from "typebox";
import { PoolImage } from "./ides.ts";
import { Manifest } from "../manifest.ts";
import { Replacement } from "../provisioner-protocol.ts";
import { TemplateWarning } from "../secret-files.ts";
import {
  closed,
  Empty,
  Instant,
  Name,
  OptionalInstant,
  organizationQuery,
  pageQuery,
  Parameters,
  Uuid,
} from "./common-schemas.ts";
import { CreationEstimates } from "./creation-preview.ts";
import type { RouteDefinition } from "./route.ts";

export const Rehearsal = Type.Object({
  effect: Type.Union([Type.Literal("nothing"), Type.Literal("in_place"), Type.Literal("replaces")]),
  replacements: Type.Array(Replacement),
  at: Instant,
  /** Whether the pool is held because of it (`claim_policy.on_replacement: block`). */
  isBlocking: Type.Boolean(),
  /** Plain sentences, what to do included. */
  sentences: Type.Array(Type.String()),
});
export type Rehearsal = Static<typeof Rehearsal>;

export const Preset = Type.Object({
  id: Uuid,
  name: Type.String(),
  description: Type.String(),
  icon: Type.String(),
  isDefault: Type.Boolean(),
  parameters: Parameters,
  /** Null: the preset has no pool. */
  instances: Type.Union([Type.Integer(), Type.Null()]),
  ttlSeconds: Type.Integer(),
  timezone: Type.Union([Type.String(), Type.Null()]),
  schedules: Type.Array(Type.Object({ cron: Type.String(), instances: Type.Integer() })),
  /** What a claim of one of its prebuilds does; null until the first one has been rehearsed. */
  rehearsal: Type.Union([Rehearsal, Type.Null()]),
  /** What its prebuilds have for people and their editors, by agent; empty until the first prebuild has told. */
  images: Type.Array(PoolImage),
  /** Prebuilds of it that a claim could take now. */
  ready: Type.Integer(),
  /** How long creations with it took lately. */
  estimates: CreationEstimates,
});
export type Preset = Static<typeof Preset>;

export const TemplateVersion = Type.Object({
  id: Uuid,
  number: Type.Integer(),
  name: Type.String(),
  message: Type.String(),
  status: Type.Union([Type.Literal("importing"), Type.Literal("ready"), Type.Literal("failed")]),
  error: Type.Union([Type.String(), Type.Null()]),
  isActive: Type.Boolean(),
  driver: Type.String(),
  /** What a claim does to a workspace of this version: nothing needs to be applied, or it is not known. */
  claimEffect: Type.Union([Type.Literal("none"), Type.Literal("unknown")]),
  /** Whether what it asks for depends on what was chosen or on the person: then `evaluateTemplateForm` tells. */
  hasDynamicForm: Type.Optional(Type.Boolean()),
  /**
   * Names of the Terraform variables that were given at its push; nothing shows their values. Absent in what a server of
   * the release before says.
   */
  variables: Type.Optional(Type.Array(Type.String())),
  importJobId: Type.Union([Uuid, Type.Null()]),
  createdAt: Instant,
  createdBy: Type.String(),
});
export type TemplateVersion = Static<typeof TemplateVersion>;

export const Template = Type.Object({
  id: Uuid,
  organization: Type.String(),
  name: Type.String(),
  displayName: Type.String(),
  description: Type.String(),
  activeVersion: Type.Union([TemplateVersion, Type.Null()]),
  deprecatedAt: OptionalInstant,
  deprecationMessage: Type.String(),
  workspaces: Type.Integer(),
  createdAt: Instant,
});
export type Template = Static<typeof Template>;

export const TemplateDetail = Type.Object({
  template: Template,
  /** Of the active version; null while there is none. */
  manifest: Type.Union([Manifest, Type.Null()]),
  presets: Type.Array(Preset),
});
export type TemplateDetail = Static<typeof TemplateDetail>;

const templateParams = Type.Object({ template: Type.String({ maxLength: 64 }) });
const organization = Type.Object(organizationQuery);

export const templateRoutes = {
  listTemplates: {
    method: "GET",
    path: "/api/v1/templates",
    tag: "templates",
    summary: "Templates of the organization, by name.",
    credential: "user",
    access: "organization_member",
    query: Type.Object({ ...organizationQuery, ...pageQuery, search: Type.Optional(Type.String({ maxLength: 64 })) }),
    response: Type.Object({ templates: Type.Array(Template), total: Type.Integer() }),
  },
  getTemplate: {
    method: "GET",
    path: "/api/v1/templates/:template",
    tag: "templates",
    summary: "A template by name or id, with the parameters and presets of its active version.",
    credential: "user",
    access: "organization_member",
    params: templateParams,
    query: organization,
    response: TemplateDetail,
  },
  pushTemplate: {
    method: "POST",
    path: "/api/v1/templates/:template/versions",
    tag: "templates",
    summary:
      "Publish a version: a gzip-compressed tar of the template's folder, alone or as `archive` of a form with `variables`. Creates the template at its first version.",
    credential: "user",
    access: "template_admin",
    status: 201,
    transport: "binary_up",
    takesVariables: true,
    params: Type.Object({ template: Name }),
    query: Type.Object({
      ...organizationQuery,
      /** Make it the active version as soon as its import has succeeded; true unless said. */
      activate: Type.Optional(Type.Boolean()),
      name: Type.Optional(Name),
      message: Type.Optional(Type.String({ maxLength: 256 })),
      /** Use the variables of the version before again, where this push gives none of the name; true unless said. */
      keepVariables: Type.Optional(Type.Boolean()),
    }),
    response: Type.Object({
      template: Type.Object({ id: Uuid, name: Type.String() }),
      version: TemplateVersion,
      /** Variables of the version before that are used again; absent when there are none. */
      reusedVariables: Type.Optional(Type.Object({ version: Type.Integer(), names: Type.Array(Type.String()) })),
      /** Files that look like secrets; the log of the import has them too. */
      warnings: Type.Array(TemplateWarning),
    }),
  },
  listTemplateVersions: {
    method: "GET",
    path: "/api/v1/templates/:template/versions",
    tag: "templates",
    summary: "Versions of a template, newest first.",
    credential: "user",
    access: "organization_member",
    params: templateParams,
    query: Type.Object({ ...organizationQuery, ...pageQuery }),
    response: Type.Object({ versions: Type.Array(TemplateVersion), total: Type.Integer() }),
  },
  getVersionArchive: {
    method: "GET",
    path: "/api/v1/templates/:template/versions/:version/archive",
    tag: "templates",
    summary: "The folder of a version, by name, number or id, as it was pushed: a gzip-compressed tar.",
    credential: "user",
    access: "template_admin",
    transport: "binary_down",
    params: Type.Object({ template: Type.String({ maxLength: 64 }), version: Type.String({ maxLength: 64 }) }),
    query: organization,
    response: Type.Unknown(),
  },
  checkTemplate: {
    method: "POST",
    path: "/api/v1/template-checks",
    tag: "templates",
    summary: "Check a template's folder, a gzip-compressed tar, as a push does before its import; nothing is stored.",
    credential: "user",
    access: "template_admin",
    transport: "binary_up",
    query: organization,
    response: Type.Object({
      driver: Type.String(),
      parameters: Type.Array(Type.String()),
      presets: Type.Array(Type.String()),
      /** Files that look like secrets. */
      warnings: Type.Array(TemplateWarning),
    }),
  },
  promoteTemplateVersion: {
    method: "POST",
    path: "/api/v1/templates/:template/versions/:version/promote",
    tag: "templates",
    summary: "Make a version, by name, number or id, the active one. The pools of the version before are replaced.",
    credential: "user",
    access: "template_admin",
    params: Type.Object({ template: Type.String(), version: Type.String() }),
    query: organization,
    response: TemplateVersion,
  },
  deprecateTemplate: {
    method: "POST",
    path: "/api/v1/templates/:template/deprecate",
    tag: "templates",
    summary: "Deprecate a template (or, with `deprecated: false`, take it back): no new workspaces, its pools drain.",
    credential: "user",
    access: "template_admin",
    params: templateParams,
    query: organization,
    body: Type.Object({ deprecated: Type.Boolean(), message: Type.Optional(Type.String({ maxLength: 256 })) }, closed),
    response: Template,
  },
  deleteTemplate: {
    method: "DELETE",
    path: "/api/v1/templates/:template",
    tag: "templates",
    summary: "Delete a template that no person's workspace uses; its pools drain.",
    credential: "user",
    access: "template_admin",
    params: templateParams,
    query: organization,
    response: Empty,
  },
} as const satisfies Record<string, RouteDefinition>;
