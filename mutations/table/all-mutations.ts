import type { Mutation, MutationGroup } from "../mutation.ts";
import { accessMutations } from "./access.ts";
import { appMutations } from "./apps.ts";
import { claimMutations } from "./claims.ts";
import { agentSettingsMutations } from "./agent-settings.ts";
import { coderProviderMutations } from "./coder-provider.ts";
import { formMutations } from "./forms.ts";
import { failureMutations } from "./failures.ts";
import { hostileMutations } from "./hostile.ts";
import { jobMutations } from "./jobs.ts";
import { lifecycleMutations } from "./lifecycle.ts";
import { metricMutations } from "./metrics.ts";
import { parameterMutations } from "./parameters.ts";
import { poolMutations } from "./pools.ts";
import { reconcilerMutations } from "./reconciler.ts";
import { roleMutations } from "./roles.ts";
import { secretMutations } from "./secrets.ts";
import { stateMutations } from "./stored-states.ts";

export const mutationGroups: readonly MutationGroup[] = [
  { title: "Failures", mutations: failureMutations },
  { title: "Claims", mutations: claimMutations },
  { title: "What a pool decides", mutations: poolMutations },
  { title: "The reconciler's work", mutations: reconcilerMutations },
  { title: "Jobs, daemons, agents", mutations: jobMutations },
  { title: "Lifecycle and retention", mutations: lifecycleMutations },
  { title: "Roles, people, quota, audit", mutations: roleMutations },
  { title: "Access, route by route", mutations: accessMutations },
  { title: "Hostile callers", mutations: hostileMutations },
  { title: "Secrets", mutations: secretMutations },
  { title: "Metrics and notifications", mutations: metricMutations },
  { title: "States and templates", mutations: stateMutations },
  { title: "Apps", mutations: appMutations },
  { title: "What builds tell of agents", mutations: agentSettingsMutations },
  { title: "The provider of coder/coder", mutations: coderProviderMutations },
  { title: "Forms of dynamic parameters", mutations: formMutations },
  { title: "Parameters and presets", mutations: parameterMutations },
];

export const allMutations: readonly Mutation[] = mutationGroups.flatMap(({ mutations }) => mutations);
