import type { AgentId, EvaluationId, JobId, PresetId, UserId, WorkspaceId } from "./ids.ts";

/**
 * Topics of news. A topic says only "look again": there is no payload, losing one delays work by one poll at most,
 * and hearing one twice changes nothing.
 */
export type Topic =
  | "jobs"
  | "pools"
  /** What a list of jobs shows has changed, though there is nothing more to lease. */
  | "queue"
  /** What a list of pools shows has changed, by the hand of the reconciler itself, or its switches. */
  | "pool_rows"
  | "templates"
  /** A daemon came, went or was forgotten. */
  | "daemons"
  /** Somebody may do more or less than before. */
  | "roles"
  /** A prebuild may have shown that it does not become ready. */
  | "unready"
  | "settings"
  /** A session, token or daemon key may hold no longer. */
  | "credentials"
  | "notifications"
  /** Somebody shares an app otherwise than before. */
  | "shares"
  /** The form of a template waits to be evaluated. */
  | "evaluations"
  | `evaluation:${EvaluationId}`
  | `inbox:${UserId}`
  | `pool:${PresetId}`
  | `agent:${AgentId}`
  | `workspace:${WorkspaceId}`
  /** An agent of it has told of its metadata, and somebody has read what it told before. */
  | `metadata:${WorkspaceId}`
  | `job:${JobId}`;
