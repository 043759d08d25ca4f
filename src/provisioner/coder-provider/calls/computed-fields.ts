import type { Random } from "../../../platform/random.ts";
import { mapItems } from "../values/conform.ts";
import { fieldOf, type Fields, isFields, isList, textOf, unknownValue, type Value } from "../values/value.ts";
import { agentSecrets, displayApps, initScript, tokenOfJob } from "./agent-values.ts";
import type { ProviderState } from "./provider-state.ts";

/** What a type of resource computes besides its `id`. Plans of the same job give the same, however often they are made. */
interface Computed {
  /** `planned` has its defaults; unknown values are allowed, and what is not known is answered as unknown. */
  readonly planned: (
    state: ProviderState,
    change: { readonly planned: Fields; readonly config: Fields; readonly prior: Fields | null },
  ) => Fields;
  /** What was not known in the plan. */
  readonly made?: (state: ProviderState, planned: Fields) => Fields;
}

const computedByType: Readonly<Record<string, Computed>> = {
  coder_agent: {
    planned: (state, { planned, config, prior }) => ({
      display_apps: displayApps(config),
      ...agentSecrets(state, planned, prior),
    }),
    made: (state, planned) => {
      const token = textOf(planned, "token") || (tokenOfJob(state, planned) ?? secretUuid(state.random));
      const script = fieldOf(planned, "init_script");
      return { token, init_script: script === unknownValue ? initScript(state, planned, token) : script };
    },
  },
  coder_ai_task: {
    planned: (_, { config }) => ({
      prompt: "",
      enabled: false,
      app_id: fieldOf(config, "app_id") ?? sidebarApp(config),
    }),
  },
  coder_devcontainer: {
    planned: (_, { prior }) => ({ subagent_id: textOf(prior ?? {}, "subagent_id") || unknownValue }),
    made: ({ random }, planned) => ({ subagent_id: textOf(planned, "subagent_id") || random.uuid() }),
  },
  coder_metadata: {
    planned: (_, { planned }) => ({ item: withIsNull(fieldOf(planned, "item")) }),
    made: (_, planned) => ({ item: withIsNull(fieldOf(planned, "item")) }),
  },
};

/** What is computed, in the plan. */
export function plannedFields(
  type: string,
  state: ProviderState,
  change: { readonly planned: Fields; readonly config: Fields; readonly prior: Fields | null },
): Fields {
  const id = textOf(change.prior ?? {}, "id") || unknownValue;
  return { id, ...computedByType[type]?.planned(state, change) };
}

/** The same once everything else is known. */
export function madeFields(type: string, state: ProviderState, planned: Fields): Fields {
  const id = textOf(planned, "id") || state.random.uuid();
  return { id, ...computedByType[type]?.made?.(state, planned) };
}

function sidebarApp(config: Fields): Value {
  const blocks = fieldOf(config, "sidebar_app");
  if (blocks === unknownValue) return unknownValue;
  const [first] = isList(blocks) ? blocks : [];
  return isFields(first) ? fieldOf(first, "id") : null;
}

function withIsNull(items: Value): Value {
  return mapItems(items, (item) => {
    const value = fieldOf(item, "value");
    return { ...item, is_null: value === unknownValue ? unknownValue : value === null };
  });
}

/** Of version 4, whose 122 bits of chance nobody guesses; `Random.uuid` begins with the time. */
function secretUuid(random: Random): string {
  const bytes = random.bytes(16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
