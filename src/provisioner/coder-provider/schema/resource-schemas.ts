import { agentSchema } from "./agent-schema.ts";
import { appSchema } from "./app-schema.ts";
import {
  computed,
  notEmpty,
  oneOf,
  optional,
  range,
  required,
  type Attribute,
  type TypeSchema,
  uuid,
  variableName,
} from "./schema-shape.ts";

const id: Attribute = computed("string", "A UUID, made when the resource is made; it stays over updates.");
const agentId: Attribute = required("string", "`id` of the `coder_agent` that it belongs to.", { replaces: true });

const script: TypeSchema = {
  version: 1,
  about: "A script that the agent runs at its start, at its stop, or at times.",
  block: {
    attributes: {
      id,
      agent_id: agentId,
      display_name: required("string", "What people see, and the name of its log."),
      script: required("string", "The text that is run."),
      icon: optional("string", "Address of a picture."),
      log_path: optional("string", "Where its output goes as well; a relative path is below `/tmp`."),
      cron: optional("string", "When it is run: six fields, seconds first.", {
        rules: [{ kind: "cron with seconds" }],
      }),
      run_on_start: optional("bool", "Whether it is run when the agent starts.", { default: false }),
      run_on_stop: optional("bool", "Whether it is run before the workspace stops.", { default: false }),
      start_blocks_login: optional("bool", "Whether login waits for it by default.", { default: false }),
      timeout: optional("number", "Seconds; 0 for no limit.", { default: 0, rules: [range(0)] }),
    },
    rules: [
      { kind: "at least one", of: ["run_on_start", "run_on_stop", "cron"] },
      { kind: "only with", attribute: "start_blocks_login", with: "run_on_start" },
    ],
  },
};

const env: TypeSchema = {
  version: 1,
  about: "An environment variable of everything that the agent starts.",
  block: {
    attributes: {
      id,
      agent_id: agentId,
      name: required("string", "Its name.", { rules: [variableName] }),
      value: optional("string", "Its value."),
      merge_strategy: optional("string", "What becomes of several of one name.", {
        default: "replace",
        rules: [oneOf("replace", "append", "prepend", "error")],
      }),
    },
  },
};

const metadata: TypeSchema = {
  version: 1,
  about: "What people see of a resource of the workspace.",
  block: {
    attributes: {
      id,
      resource_id: required("string", "`id` of the resource that it tells about."),
      hide: optional("bool", "Whether the resource is not shown."),
      icon: optional("string", "Address of a picture."),
      daily_cost: optional("number", "Cost units a day, of the owner's quota."),
    },
    blocks: {
      item: {
        nesting: "list",
        about: "A row of what is shown.",
        block: {
          attributes: {
            key: required("string", "Its name, once in the list."),
            value: optional("string", "Its value."),
            sensitive: optional("bool", "Whether it is shown on demand alone.", { default: false }),
            is_null: computed("bool", "Whether `value` was null."),
          },
        },
      },
    },
    rules: [{ kind: "unique", block: "item", key: "key" }],
  },
};

const devcontainer: TypeSchema = {
  version: 1,
  about: "A development container in the workspace. Prewarm does not start one by itself.",
  block: {
    attributes: {
      id,
      agent_id: agentId,
      workspace_folder: required("string", "The folder that holds `.devcontainer`.", { rules: [notEmpty] }),
      config_path: optional("string", "Path of `devcontainer.json`, if it is not the usual one."),
      subagent_id: computed("string", "A UUID, for apps, scripts and variables inside of it."),
    },
  },
};

const aiTask: TypeSchema = {
  version: 1,
  about: "Marks the template for tasks, which Prewarm does not have: accepted, and of no effect.",
  block: {
    attributes: {
      id: computed("string", "A UUID, for a task that there is not."),
      app_id: { type: "string", use: "optional, computed", rules: [uuid], about: "`id` of the `coder_app` to show." },
      prompt: computed("string", "Always empty."),
      enabled: computed("bool", "Always false."),
    },
    blocks: {
      sidebar_app: {
        nesting: "set",
        itemsMax: 1,
        deprecated: "Use `app_id`.",
        about: "The older form of `app_id`.",
        block: { attributes: { id: required("string", "`id` of the `coder_app`.", { rules: [uuid] }) } },
      },
    },
    rules: [{ kind: "conflict", attribute: "app_id", with: ["sidebar_app"] }],
  },
};

const agentInstance: TypeSchema = {
  version: 0,
  about: "Says on which cloud instance an agent runs.",
  block: {
    attributes: { id, agent_id: agentId, instance_id: required("string", "The cloud's name of the instance.") },
  },
};

const externalAgent: TypeSchema = {
  version: 1,
  about: "Marks an agent that somebody starts by hand.",
  block: { attributes: { id, agent_id: agentId } },
};

/** Resource types by name (spec §3). */
export const resourceSchemas: Readonly<Record<string, TypeSchema>> = {
  coder_agent: agentSchema,
  coder_agent_instance: agentInstance,
  coder_ai_task: aiTask,
  coder_app: appSchema,
  coder_devcontainer: devcontainer,
  coder_env: env,
  coder_external_agent: externalAgent,
  coder_metadata: metadata,
  coder_script: script,
};
