import { type Static, Type } from "typebox";
import { LifecycleSection } from "./lifecycle.ts";
import { appsPerAgentMax } from "./app-health.ts";
import { ManifestApp } from "./manifest-apps.ts";
import { DockerSection } from "./manifest-docker.ts";
import { FreeName, ManifestIcon, ManifestParameter, ManifestValue } from "./manifest-parameter.ts";
import { TerraformSection } from "./manifest-terraform.ts";
import {
  agentsMax,
  costMax,
  declaredSecretsMax,
  descriptionLengthMax,
  hookScriptLengthMax,
  nameLengthMax,
  parametersMax,
  parameterValueLengthMax,
  poolInstancesMax,
  presetsMax,
  secretNameLengthMax,
  stopHookTimeoutSecondsMax,
} from "./limits.ts";
import { secretNamePattern } from "./secret-name.ts";

/** Names of templates, workspaces and agents: letters, digits, single `-` between them. */
export const namePattern = "^[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*$";

const closed = { additionalProperties: false } as const;
export const ManifestPrebuilds = Type.Object(
  {
    instances: Type.Integer({ minimum: 0, maximum: poolInstancesMax }),
    expiration_policy: Type.Optional(Type.Object({ ttl: Type.Integer() }, closed)),
    scheduling: Type.Optional(
      Type.Object(
        {
          timezone: Type.String(),
          schedule: Type.Array(
            Type.Object(
              {
                cron: Type.String({ maxLength: 256 }),
                instances: Type.Integer({ minimum: 0, maximum: poolInstancesMax }),
              },
              closed,
            ),
            { maxItems: 64 },
          ),
        },
        closed,
      ),
    ),
  },
  closed,
);

/** Cost units of a workspace, for the quota. */
const Cost = Type.Integer({ minimum: 0, maximum: costMax });

export const ManifestPreset = Type.Object(
  {
    name: FreeName,
    description: Type.Optional(Type.String()),
    icon: Type.Optional(ManifestIcon),
    default: Type.Optional(Type.Boolean()),
    parameters: Type.Optional(Type.Record(Type.String(), ManifestValue)),
    /** Instead of the template's own. */
    cost: Type.Optional(Cost),
    prebuilds: Type.Optional(ManifestPrebuilds),
  },
  closed,
);

export const ManifestHook = Type.Object(
  {
    run: Type.String({ minLength: 1, maxLength: hookScriptLengthMax }),
    /** Seconds; `hookTimeoutSecondsDefault` unless said. */
    timeout: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
  },
  closed,
);

/** Whoever stops the workspace waits for it, so it may have less time; `stopHookTimeoutSecondsDefault` unless said. */
export const ManifestStopHook = Type.Object(
  {
    run: Type.String({ minLength: 1, maxLength: hookScriptLengthMax }),
    timeout: Type.Optional(Type.Integer({ minimum: 1, maximum: stopHookTimeoutSecondsMax })),
  },
  closed,
);

/** Once for each disk, at each start, at the claim, before each stop (decision 0041). */
export const ManifestHooks = Type.Object(
  {
    prewarm: Type.Optional(ManifestHook),
    start: Type.Optional(ManifestHook),
    claim: Type.Optional(ManifestHook),
    stop: Type.Optional(ManifestStopHook),
  },
  closed,
);

/** A secret that the template's hooks and commands work with. That it is declared gives it nothing (decision 0045). */
export const ManifestSecret = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: secretNameLengthMax, pattern: secretNamePattern }),
    description: Type.Optional(Type.String({ maxLength: descriptionLengthMax })),
    /** Whether nothing is created without it; false unless said. */
    required: Type.Optional(Type.Boolean()),
    /** Who sets it: each owner for himself, unless said, or the template's admins. */
    from: Type.Optional(Type.Union([Type.Literal("person"), Type.Literal("template")])),
  },
  closed,
);

export const ManifestAgent = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: nameLengthMax, pattern: namePattern }),
    directory: Type.Optional(Type.String({ maxLength: 1024 })),
    /** Seconds after the build by which it is to have connected; the server's `prebuilds.agent_lost_after` unless said. */
    connect_timeout: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
    env: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: parameterValueLengthMax }))),
    hooks: Type.Optional(ManifestHooks),
    apps: Type.Optional(Type.Array(ManifestApp, { maxItems: appsPerAgentMax })),
  },
  closed,
);

/** The shape of `template.yaml`. Rules that a schema cannot say are in `domain/preset/validate-preset.ts`. */
export const Manifest = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: nameLengthMax, pattern: namePattern })),
    display_name: Type.Optional(Type.String({ maxLength: 64 })),
    description: Type.Optional(Type.String({ maxLength: descriptionLengthMax })),
    icon: Type.Optional(ManifestIcon),
    driver: Type.Union([
      Type.Literal("process"),
      Type.Literal("fake"),
      Type.Literal("docker"),
      Type.Literal("terraform"),
    ]),
    tags: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 64 }))),
    parameters: Type.Optional(Type.Array(ManifestParameter, { maxItems: parametersMax })),
    presets: Type.Optional(Type.Array(ManifestPreset, { maxItems: presetsMax })),
    agents: Type.Optional(Type.Array(ManifestAgent, { maxItems: agentsMax })),
    secrets: Type.Optional(Type.Array(ManifestSecret, { maxItems: declaredSecretsMax })),
    cost: Type.Optional(Cost),
    rollout: Type.Optional(
      Type.Object(
        {
          strategy: Type.Union([Type.Literal("replace"), Type.Literal("surge")]),
          /** Seconds an outdated prebuild stays claimable under `surge`; default 3600. */
          max_outdated_age: Type.Optional(Type.Integer({ minimum: 60, maximum: 31_536_000 })),
        },
        closed,
      ),
    ),
    claim_policy: Type.Optional(
      Type.Object(
        {
          /** Whether prebuilds whose claim replaces a resource are handed out with a warning, or never. */
          on_replacement: Type.Optional(Type.Union([Type.Literal("warn"), Type.Literal("block")])),
          /**
           * Of the terraform driver: whether a claim leaves what exists as it is, or does what the plan says. `apply`
           * unless said; `keep` in templates that are written for Coder.
           */
          resources: Type.Optional(Type.Union([Type.Literal("keep"), Type.Literal("apply")])),
        },
        closed,
      ),
    ),
    /** What starts, stops and deletes its workspaces by itself. Rules: `platform/manifest-lifecycle.ts`. */
    lifecycle: Type.Optional(LifecycleSection),
    docker: Type.Optional(DockerSection),
    terraform: Type.Optional(TerraformSection),
    /** What only the `fake` driver reads: scripted latencies and failures. */
    fake: Type.Optional(
      Type.Object(
        {
          start_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 900_000 })),
          claim_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 900_000 })),
          stop_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 900_000 })),
          delete_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 900_000 })),
          fail: Type.Optional(
            Type.Union([Type.Literal("import"), Type.Literal("start"), Type.Literal("claim"), Type.Literal("delete")]),
          ),
          claim_changes_nothing: Type.Optional(Type.Boolean()),
        },
        closed,
      ),
    ),
  },
  closed,
);
export type Manifest = Static<typeof Manifest>;
export type ManifestAgent = Static<typeof ManifestAgent>;
export type ManifestPreset = Static<typeof ManifestPreset>;
export type ManifestSecret = Static<typeof ManifestSecret>;
