/**
 * Branded identifiers. All are UUIDs (version 4, lower case) on the wire and in PostgreSQL;
 * the brand keeps a workspace's id from being passed where a build's is meant.
 */
declare const brand: unique symbol;
export type Id<Name extends string> = string & { readonly [brand]: Name };

export type OrganizationId = Id<"organization">;
export type UserId = Id<"user">;
export type TemplateId = Id<"template">;
export type TemplateVersionId = Id<"template_version">;
export type PresetId = Id<"preset">;
export type WorkspaceId = Id<"workspace">;
export type BuildId = Id<"build">;
export type EvaluationId = Id<"evaluation">;
export type JobId = Id<"job">;
export type AgentId = Id<"agent">;
export type DaemonId = Id<"daemon">;
export type ServerId = Id<"server">;
export type TokenId = Id<"token">;
export type GroupId = Id<"group">;
