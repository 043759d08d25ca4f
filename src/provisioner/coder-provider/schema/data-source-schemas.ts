import { parameterSchema, presetSchema } from "./parameter-schema.ts";
import { computed, oneOf, optional, required, type Attribute, type TypeSchema, variableName } from "./schema-shape.ts";

const fromOlderTemplates = "Read it from `data.coder_workspace_owner`.";
const olderOwner = (about: string, extra: Pick<Attribute, "isSensitive"> = {}): Attribute =>
  computed("string", about, { deprecated: fromOlderTemplates, ...extra });

const workspace: TypeSchema = {
  version: 1,
  about: "The workspace that is built.",
  block: {
    attributes: {
      id: computed("string", "A UUID, over all builds the same."),
      name: computed("string", "As its owner calls it."),
      transition: computed("string", "`start`, `stop` or `destroy`."),
      start_count: computed("number", "1 at a start, else 0: for what a stop removes."),
      prebuild_count: computed("number", "1 for a prebuild, else 0."),
      is_prebuild: computed("bool", "Whether nobody owns it yet."),
      is_prebuild_claim: computed("bool", "Whether this build gives a prebuild to its owner."),
      template_id: computed("string", "A UUID."),
      template_name: computed("string", "Its name."),
      template_version: computed("string", "Name of the version."),
      access_url: computed("string", "Address of the server."),
      access_port: computed("number", "Its port; 443 or 80 where the address has none."),
      owner: olderOwner("Name of the owner."),
      owner_id: olderOwner("UUID of the owner."),
      owner_name: olderOwner("The owner's name in full."),
      owner_email: olderOwner("Address of the owner."),
      owner_groups: computed(["list", "string"], "Groups of the owner.", { deprecated: fromOlderTemplates }),
      owner_oidc_access_token: olderOwner("Token of the owner's sign-in.", { isSensitive: true }),
      owner_session_token: olderOwner("Token for the API.", { isSensitive: true }),
    },
  },
};

const owner: TypeSchema = {
  version: 1,
  about: "The person whose workspace is built.",
  block: {
    attributes: {
      id: computed("string", "A UUID."),
      name: computed("string", "The user name."),
      full_name: computed("string", "The name in full."),
      email: computed("string", "The address."),
      groups: computed(["list", "string"], "Names of groups; `Everyone` is first."),
      ssh_public_key: computed("string", "The owner's key for Git, in OpenSSH's form."),
      ssh_private_key: computed("string", "Its other half.", { isSensitive: true }),
      session_token: computed("string", "Token for the API.", { isSensitive: true }),
      oidc_access_token: computed("string", "Token of the sign-in.", { isSensitive: true }),
      login_type: computed("string", "How the owner signs in; not set where it is not told."),
      rbac_roles: computed(
        ["list", ["object", { name: "string", org_id: "string" }]],
        "Roles; `org_id` is empty for one that holds everywhere.",
      ),
    },
  },
};

const provisioner: TypeSchema = {
  version: 1,
  about: "The machine on which Terraform runs.",
  block: {
    attributes: {
      id: computed("string", "A UUID."),
      os: computed("string", "`linux`, `darwin` or `windows`."),
      arch: computed("string", "`amd64`, `arm64`, `armv7` or `386`."),
    },
  },
};

const tags: TypeSchema = {
  version: 1,
  about: "Tags of the job, which choose the provisioner.",
  block: {
    attributes: {
      id: computed("string", "A UUID."),
      tags: optional(["map", "string"], "They are added to those of the template."),
    },
  },
};

const externalAuth: TypeSchema = {
  version: 1,
  about: "The owner's account at another service.",
  block: {
    attributes: {
      id: required("string", "Name of the service, as the server knows it."),
      optional: optional("bool", "Whether the owner may be without."),
      access_token: computed("string", "Token of the account; empty where there is none.", { isSensitive: true }),
    },
  },
};

const secret: TypeSchema = {
  version: 1,
  about: "A secret of the owner.",
  block: {
    attributes: {
      id: computed("string", "`env:NAME` or `file:PATH`."),
      help_message: required("string", "Said to whom it is missing."),
      env: optional("string", "Name of its variable.", { rules: [variableName] }),
      file: optional("string", "Path of its file.", {
        rules: [{ kind: "pattern", pattern: /^(~?\/)/, is: "a path that begins with / or ~/" }],
      }),
      value: computed("string", "Its value.", { isSensitive: true }),
    },
    rules: [{ kind: "exactly one", of: ["env", "file"] }],
  },
};

const task: TypeSchema = {
  version: 1,
  about: "The task of the workspace. Prewarm has none.",
  block: {
    attributes: {
      id: computed("string", "A UUID, for a task that there is not."),
      prompt: computed("string", "Always empty."),
      enabled: computed("bool", "Always false."),
    },
  },
};

const selectors = (about: string): Attribute =>
  required(["list", "string"], about, { rules: [{ kind: "items", min: 1 }] });

const scriptOrder: TypeSchema = {
  version: 1,
  about: "Which scripts wait for which.",
  block: {
    attributes: { id: computed("string", "A UUID.") },
    blocks: {
      rule: {
        nesting: "list",
        itemsMin: 1,
        about: "Every script of `run` waits for every script of `after`.",
        block: {
          attributes: {
            run: selectors("Addresses of those that wait."),
            after: selectors("Addresses of those that are waited for."),
            requires: optional("string", "What is waited for.", {
              default: "success",
              rules: [oneOf("success", "completion")],
            }),
            phase: optional("string", "Which runs are meant.", { rules: [oneOf("start", "stop")] }),
          },
        },
      },
    },
  },
};

const gitAuth: TypeSchema = {
  version: 1,
  about: "The older form of `coder_external_auth`.",
  block: {
    attributes: {
      id: required("string", "Name of the service, as the server knows it."),
      access_token: computed("string", "Token of the account; empty where there is none.", { isSensitive: true }),
    },
  },
};

/** Data source types by name (spec §2). */
export const dataSourceSchemas: Readonly<Record<string, TypeSchema>> = {
  coder_external_auth: externalAuth,
  coder_git_auth: gitAuth,
  coder_parameter: parameterSchema,
  coder_provisioner: provisioner,
  coder_script_order: scriptOrder,
  coder_secret: secret,
  coder_task: task,
  coder_workspace: workspace,
  coder_workspace_owner: owner,
  coder_workspace_preset: presetSchema,
  coder_workspace_tags: tags,
};
