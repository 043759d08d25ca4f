import { computed, oneOf, optional, range, required, type Block, type TypeSchema } from "./schema-shape.ts";

/** What `display_apps` is where the template does not say (spec §3.1). */
export const displayAppDefaults: Readonly<Record<string, boolean>> = {
  port_forwarding_helper: true,
  ssh_helper: true,
  vscode: true,
  vscode_insiders: false,
  web_terminal: true,
};

const isMonitored = required("bool", "Whether it is watched.");
const threshold = required("number", "Percent, above which somebody is told.", { rules: [range(0, 100)] });

const monitoring: Block = {
  attributes: {},
  blocks: {
    memory: {
      nesting: "set",
      itemsMax: 1,
      about: "Memory of the workspace.",
      block: { attributes: { enabled: isMonitored, threshold } },
    },
    volume: {
      nesting: "set",
      about: "A volume of the workspace.",
      block: {
        attributes: {
          path: required("string", "Where it is mounted, once in the list.", {
            rules: [{ kind: "pattern", pattern: /^\//, is: "an absolute path" }],
          }),
          enabled: isMonitored,
          threshold,
        },
      },
    },
  },
  rules: [{ kind: "unique", block: "volume", key: "path" }],
};

const metadata: Block = {
  attributes: {
    key: required("string", "Its name, once in the list."),
    script: required("string", "What is run; its output is the value."),
    interval: required("number", "Seconds between two runs."),
    timeout: optional("number", "Seconds that one run may take; the interval if it is not given."),
    display_name: optional("string", "What people see."),
    order: optional("number", "Lowest first, then by key."),
  },
};

/** `coder_agent` (spec §3.1). */
export const agentSchema: TypeSchema = {
  version: 1,
  about: "What runs in the workspace and speaks with the server.",
  block: {
    attributes: {
      id: computed("string", "A UUID, made when the agent is made; it stays over updates."),
      os: required("string", "Operating system of the machine.", {
        rules: [oneOf("linux", "darwin", "windows")],
        replaces: true,
      }),
      arch: required("string", "Architecture of the machine.", {
        rules: [oneOf("amd64", "arm64", "armv7")],
        replaces: true,
      }),
      auth: optional("string", "How the agent proves who it is.", {
        default: "token",
        rules: [oneOf("token", "google-instance-identity", "aws-instance-identity", "azure-instance-identity")],
        replaces: true,
      }),
      dir: optional("string", "Where sessions start; the home folder if it is not given.", {
        deprecated: "The provider of coder/coder has called it deprecated since 2.17. It still counts here.",
      }),
      env: optional(["map", "string"], "Variables of everything that the agent starts."),
      startup_script: optional("string", "Short for a `coder_script` with `run_on_start`."),
      shutdown_script: optional("string", "Short for a `coder_script` with `run_on_stop`."),
      startup_script_behavior: optional("string", "Whether login waits for the start scripts by default.", {
        default: "non-blocking",
        rules: [oneOf("non-blocking", "blocking")],
      }),
      connection_timeout: optional("number", "Seconds until a silent agent is shown as timed out; 0 for never.", {
        default: 120,
        rules: [range(0)],
      }),
      troubleshooting_url: optional("string", "What to read when it does not connect."),
      motd_file: optional("string", "File whose text is shown at an SSH login."),
      api_key_scope: optional("string", "What the agent's token may fetch of its owner.", {
        default: "all",
        rules: [oneOf("all", "no_user_data")],
      }),
      order: optional("number", "Lowest first, then by name."),
      display_apps: {
        type: [
          "set",
          ["object", Object.fromEntries(Object.keys(displayAppDefaults).map((name) => [name, "bool"] as const))],
        ],
        use: "optional, computed",
        about: "Which built-in buttons are shown.",
      },
      token: computed("string", "With it the agent says who it is.", { isSensitive: true }),
      init_script: computed("string", "What a machine runs to become this workspace."),
      prewarm_name: optional(
        "string",
        "Prewarm's own: the name of the resource, which the protocol does not tell. The driver sets it; a template does not.",
      ),
    },
    blocks: {
      metadata: { nesting: "list", about: "What the agent measures and people see.", block: metadata },
      resources_monitoring: {
        nesting: "set",
        itemsMax: 1,
        about: "What is watched in the workspace.",
        block: monitoring,
      },
    },
    rules: [{ kind: "unique", block: "metadata", key: "key" }],
  },
};
