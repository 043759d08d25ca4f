import { computed, oneOf, optional, required, type Attribute, type Block, type TypeSchema } from "./schema-shape.ts";

const icon: Attribute = optional("string", "Address of a picture.");

/** `coder_parameter` (spec §4.1). What a value has to be is `rules/`. */
export const parameterSchema: TypeSchema = {
  version: 1,
  about: "A value that a person chooses.",
  block: {
    attributes: {
      id: computed("string", "A UUID."),
      name: required("string", "By which its value travels."),
      display_name: optional("string", "What people see."),
      description: optional("string", "Markdown."),
      type: optional("string", "Of its value.", {
        default: "string",
        rules: [oneOf("string", "number", "bool", "list(string)")],
      }),
      form_type: { type: "string", use: "optional, computed", about: "How it is asked for." },
      styling: optional("string", "Looks of the field, as JSON.", { default: "{}" }),
      mutable: optional("bool", "Whether it may be changed after the creation.", { default: false }),
      default: optional("string", "Its value where nobody chooses one."),
      icon,
      order: optional("number", "Lowest first, then by name."),
      ephemeral: optional("bool", "Whether it counts for one start alone.", { default: false }),
      value: computed("string", "What was chosen, always as text."),
      optional: computed("bool", "Whether it has a default."),
    },
    blocks: {
      option: {
        nesting: "list",
        about: "What there is to choose from.",
        block: {
          attributes: {
            name: required("string", "What people see."),
            value: required("string", "What is chosen by it."),
            description: optional("string", "Markdown."),
            icon,
          },
        },
      },
      validation: {
        nesting: "list",
        itemsMax: 1,
        about: "What its value has to be.",
        block: {
          attributes: {
            min: optional("number", "The least."),
            max: optional("number", "The most."),
            min_disabled: computed("bool", "Whether there is no least."),
            max_disabled: computed("bool", "Whether there is no most."),
            monotonic: optional("string", "In which direction it may change."),
            regex: optional("string", "A pattern of RE2."),
            error: optional("string", "Said to whose value is refused."),
          },
          rules: [{ kind: "conflict", attribute: "regex", with: ["min", "max", "monotonic"] }],
        },
      },
    },
  },
};

const expirationPolicy: Block = {
  attributes: {
    ttl: required("number", "Seconds that a prebuild is kept; 0 for no limit, else an hour to a year."),
  },
};

const scheduling: Block = {
  attributes: { timezone: required("string", "Name of a time zone, of the IANA's list.") },
  blocks: {
    schedule: {
      nesting: "list",
      itemsMin: 1,
      about: "A time of the week with a number of its own.",
      block: {
        attributes: {
          cron: required("string", "Five fields, of which the first is *."),
          instances: required("number", "How many are kept then."),
        },
      },
    },
  },
};

/** `coder_workspace_preset` (spec §5.1). What a name, a schedule or a lifetime has to be is `rules/`. */
export const presetSchema: TypeSchema = {
  version: 1,
  about: "A named choice of parameters, and how many workspaces of it wait.",
  block: {
    attributes: {
      id: computed("string", "Its name."),
      name: required("string", "What people choose."),
      description: optional("string", "What people read, of at most 128 characters."),
      icon: optional("string", "Address of a picture, of at most 256 characters."),
      default: optional("bool", "Whether it is chosen where nobody chooses.", { default: false }),
      parameters: optional(["map", "string"], "Values by the parameter's name."),
    },
    blocks: {
      prebuilds: {
        nesting: "set",
        itemsMax: 1,
        about: "How many workspaces wait.",
        block: {
          attributes: { instances: required("number", "How many are kept.") },
          blocks: {
            expiration_policy: { nesting: "set", itemsMax: 1, about: "How long one is kept.", block: expirationPolicy },
            scheduling: { nesting: "list", itemsMax: 1, about: "When how many are kept.", block: scheduling },
          },
        },
      },
    },
  },
};
