import { computed, lengthMax, oneOf, optional, required, type TypeSchema } from "./schema-shape.ts";

/** `coder_app` (spec §3.3). */
export const appSchema: TypeSchema = {
  version: 1,
  about: "A button: something that listens in the workspace, a command, or a link.",
  block: {
    attributes: {
      id: computed("string", "A UUID, made when the resource is made; it stays over updates."),
      agent_id: required("string", "`id` of the `coder_agent` that it belongs to.", { replaces: true }),
      slug: required("string", "Its name in addresses.", {
        rules: [
          {
            kind: "pattern",
            pattern: /^[a-z0-9](-?[a-z0-9])*$/,
            is: "lower-case letters and digits, parted by single -",
          },
        ],
      }),
      display_name: optional("string", "What people see.", { rules: [lengthMax(64)] }),
      icon: optional("string", "Address of a picture."),
      url: optional("string", "Where it listens in the workspace; of an external app, the link."),
      command: optional("string", "What a terminal runs when it is opened."),
      subdomain: optional("bool", "Whether it has a host name of its own."),
      share: optional("string", "Who may open it.", {
        default: "owner",
        rules: [oneOf("owner", "authenticated", "public")],
      }),
      external: optional("bool", "Whether it is a link out of the workspace.", { default: false }),
      open_in: optional("string", "How the browser opens it.", {
        default: "slim-window",
        rules: [oneOf("slim-window", "tab")],
      }),
      order: optional("number", "Lowest first, then by name."),
      group: optional("string", "Heading under which it is shown.", { rules: [lengthMax(64)] }),
      hidden: optional("bool", "Whether it has no button.", { default: false }),
      tooltip: optional("string", "Markdown, shown beside the button.", { rules: [lengthMax(2_048)] }),
    },
    blocks: {
      healthcheck: {
        nesting: "set",
        itemsMax: 1,
        about: "How the agent looks whether it is well.",
        block: {
          attributes: {
            url: required("string", "What is asked for; a status below 500 is well."),
            interval: required("number", "Seconds between two looks."),
            threshold: required("number", "Failures one after the other that make it unhealthy."),
          },
        },
      },
    },
    rules: [
      { kind: "conflict", attribute: "command", with: ["url", "subdomain", "healthcheck"] },
      { kind: "conflict", attribute: "external", with: ["healthcheck", "command", "subdomain", "share"] },
      { kind: "no use with", attribute: "hidden", of: ["display_name", "icon", "order"] },
    ],
  },
};
