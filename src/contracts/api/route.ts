import type { Static, TSchema } from "typebox";

/** Which kind of credential a route takes. Each is a separate kind with its own scope. */
export type Credential = "none" | "user" | "agent" | "daemon";

/**
 * Who may do it, checked in `app` (denied by default):
 * `anyone` · `signed_in` · `self_or_administrator` · `administrator` ·
 * `organization_member`: of the organization that owns the thing · `template_admin`: of that organization, or an administrator ·
 * `workspace_owner`: and administrators; for an unclaimed prebuild, template admins ·
 * `workspace_user`: the owner alone · `job_initiator`: and the owner of the job's workspace, and administrators; for a
 * prebuild's job, template admins ·
 * `agent_itself` · `daemon`.
 */
export type AccessRule =
  | "anyone"
  | "signed_in"
  | "self_or_administrator"
  | "administrator"
  | "organization_member"
  | "template_admin"
  | "workspace_owner"
  | "workspace_user"
  | "job_initiator"
  | "agent_itself"
  | "daemon";

export interface RouteDefinition {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** With `:name` for parameters, as the router and the client read it. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly credential: Credential;
  readonly access: AccessRule;
  /** Status of the good answer; 200 unless said. */
  readonly status?: number;
  /** How the answer or the body travels when it is not plain JSON. */
  readonly transport?: "json" | "sse" | "binary_up" | "binary_down";
  /** Of `binary_up`: the bytes may also be the part `archive` of a form, beside `variables`, a JSON object of texts. */
  readonly takesVariables?: true;
  readonly params?: TSchema;
  readonly query?: TSchema;
  readonly body?: TSchema;
  readonly response: TSchema;
}

type StaticOr<Schema, Otherwise> = Schema extends TSchema ? Static<Schema> : Otherwise;
export type ParamsOf<Route extends RouteDefinition> = StaticOr<Route["params"], undefined>;
export type QueryOf<Route extends RouteDefinition> = StaticOr<Route["query"], undefined>;
export type BodyOf<Route extends RouteDefinition> = StaticOr<Route["body"], undefined>;
export type ResponseOf<Route extends RouteDefinition> = Static<Route["response"]>;
