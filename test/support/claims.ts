import type { CreateWorkspace } from "../../src/contracts/api/workspaces.ts";
import { type Created, createWorkspace } from "../../src/app/workspaces/create-workspace.ts";
import { CodedError, type ErrorCode } from "../../src/contracts/errors.ts";
import type { BuildId, PresetId, TemplateId } from "../../src/contracts/ids.ts";
import { defaultOrganizationId } from "../../src/contracts/system-ids.ts";
import { type ClaimInput, claimPrebuild, type ClaimedRow } from "../../src/db/claims/claim.ts";
import { noLifecycleFields } from "../../src/domain/lifecycle/lifecycle-fields.ts";
import type { Sql } from "../../src/db/store.ts";
import { systemRandom } from "../../src/platform/random.ts";
import type { Actor } from "../../src/app/authorize.ts";
import type { Fixture } from "./fixture.ts";
import type { TestServer } from "./server.ts";

export function newName(): string {
  return `w-${systemRandom.base32(12)}`;
}

/** Creates a workspace through the use case, of the template `web` unless said. */
export async function create(
  fx: Fixture,
  input: Partial<CreateWorkspace> & {
    readonly organization?: string;
    readonly by?: Actor;
    readonly on?: TestServer;
  } = {},
): Promise<Created> {
  const { by = fx.alice, on = fx, ...request } = input;
  return await createWorkspace(on.context, by, { name: newName(), template: "web", ...request });
}

/** The code of the coded error with which a promise fails; anything else is thrown. */
export async function codeOf(work: Promise<unknown>): Promise<ErrorCode> {
  const error = await work.then(
    () => new Error("it was expected to fail, and did not"),
    (reason: unknown) => reason,
  );
  if (error instanceof CodedError) return error.code;
  throw error;
}

export interface ClaimFrom {
  readonly templateId: TemplateId;
  readonly presetId: PresetId;
}

/** What the use case would ask the database for, for alice. */
export function claimInput(fx: Fixture, from: ClaimFrom, over: Partial<ClaimInput> = {}): ClaimInput {
  return {
    organizationId: defaultOrganizationId,
    ...from,
    isOutdatedAllowed: false,
    ownerId: fx.alice.userId,
    initiatorId: fx.alice.userId,
    name: newName(),
    parameters: {},
    automaticUpdates: false,
    lifecycle: noLifecycleFields,
    mode: "prefer_warm",
    waitedMs: 0,
    now: fx.clock.now(),
    buildId: systemRandom.uuid() as BuildId,
    jobId: null,
    idempotency: null,
    ...over,
  };
}

/** The claim statement by itself, on any handle; no use case around it. */
export async function claimOnce(
  fx: Fixture,
  sql: Sql,
  from: ClaimFrom,
  over: Partial<ClaimInput> = {},
): Promise<ClaimedRow | undefined> {
  return await claimPrebuild(sql, claimInput(fx, from, over));
}
