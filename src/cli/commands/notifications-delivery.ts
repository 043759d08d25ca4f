import type { Delivery, Webhook } from "../../contracts/api/notifications.ts";
import {
  deliveryChannels,
  deliveryStatuses,
  isNotificationKind,
  notificationKinds,
} from "../../contracts/notification-kinds.ts";
import { type CliCommand, defineCommand, defineGroup } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { relativeTime } from "../output/time-text.ts";
import { pageOptions, readPage } from "../paging.ts";

function readFilter(input: CommandInput) {
  return {
    ...readPage(input),
    status: input.choice("status", deliveryStatuses),
    channel: input.choice("channel", deliveryChannels),
  };
}

const listDeadLetters = defineCommand<ReturnType<typeof readFilter>>({
  usage: "dead",
  summary: "list deliveries that were given up, as an administrator",
  example: "prewarm notifications dead",
  options: [
    {
      flags: "--status <status>",
      choices: deliveryStatuses,
      about: `another status instead: ${deliveryStatuses.join(", ")}`,
    },
    { flags: "--channel <channel>", choices: deliveryChannels, about: deliveryChannels.join(", ") },
    ...pageOptions,
  ],
  read: readFilter,
  async run(options, { output, world, connect }) {
    const answer = await (await connect()).call("listDeliveries", { query: definedOnly(options) });
    const now = world.clock.now();
    output.result(answer, () =>
      answer.deliveries.length === 0
        ? `No ${options.status ?? "dead"} deliveries.`
        : output.table<Delivery>(answer.deliveries, [
            { title: "ID", cell: ({ id }) => id },
            { title: "CHANNEL", cell: ({ channel }) => channel },
            { title: "TARGET", cell: ({ target }) => target ?? "–" },
            { title: "KIND", cell: ({ kind }) => kind ?? "–" },
            { title: "CREATED", cell: ({ createdAt }) => relativeTime(createdAt, now) },
            { title: "ATTEMPTS", cell: ({ attempts }) => String(attempts), align: "right" },
            { title: "LAST ERROR", cell: ({ lastError }) => lastError ?? "" },
          ]),
    );
    output.noteRest({ shown: answer.deliveries.length, offset: options.offset ?? 0, total: answer.total });
    return exitCodes.done;
  },
});

const retryDeadLetters = defineCommand<{ readonly ids: readonly string[] }>({
  usage: "retry [id...]",
  summary: "try deliveries again that were given up, as an administrator",
  example: "prewarm notifications retry --all",
  options: [{ flags: "--all", about: "all of them, the oldest first" }],
  read: (input) => {
    const ids = input.operands(0);
    if (input.isOn("all") === ids.length > 0) input.refuse("Name ids, or give --all.");
    return { ids };
  },
  async run({ ids }, { output, connect }) {
    const body = ids.length === 0 ? {} : { ids: [...ids] };
    const answer = await (await connect()).call("retryDeliveries", { body });
    output.result(answer, () => `${answer.retried} are tried again.`);
    return exitCodes.done;
  },
});

const listWebhooks = defineCommand({
  usage: "list",
  summary: "list the targets to which notifications are posted",
  example: "prewarm notifications webhooks list",
  read: () => undefined,
  async run(_options, { output, world, connect }) {
    const answer = await (await connect()).call("listWebhooks", {});
    const now = world.clock.now();
    output.result(answer, () =>
      answer.webhooks.length === 0
        ? "No webhooks."
        : output.table<Webhook>(answer.webhooks, [
            { title: "NAME", cell: ({ name }) => name },
            { title: "URL", cell: ({ url }) => url },
            { title: "KINDS", cell: ({ kinds }) => (kinds.length === 0 ? "all" : kinds.join(", ")) },
            { title: "CREATED", cell: ({ createdAt }) => relativeTime(createdAt, now) },
          ]),
    );
    return exitCodes.done;
  },
});

const addWebhook = defineCommand({
  usage: "add <name> <url>",
  summary: "add a target; the secret that signs what it gets is shown this once",
  notes: "Only the secret goes to standard output. docs/notifications.md says how a receiver checks the signature.",
  example: "prewarm notifications webhooks add chat https://hooks.example.com/prewarm > secret-file",
  options: [
    {
      flags: "--kind <kind>",
      choices: notificationKinds,
      about: "only this kind; may be repeated",
      isRepeatable: true,
    },
  ],
  read: (input) => {
    const kinds = input.words("kind").map((word) => {
      if (isNotificationKind(word)) return word;
      return input.refuse(`--kind is "${word}"; it must be one of ${notificationKinds.join(", ")}.`);
    });
    return { name: input.operand(0), url: input.operand(1), ...(kinds.length === 0 ? {} : { kinds }) };
  },
  async run(body, { output, connect }) {
    const answer = await (await connect()).call("createWebhook", { body });
    output.progress(
      `The webhook ${answer.webhook.name} is added. Try it: prewarm notifications webhooks test ${body.name}`,
    );
    output.result(answer, () => answer.secret);
    return exitCodes.done;
  },
});

const removeWebhook = defineCommand<{ readonly webhook: string }>({
  usage: "remove <name>",
  summary: "remove a target, with what was still to be delivered to it",
  example: "prewarm notifications webhooks remove chat",
  read: (input) => ({ webhook: input.operand(0) }),
  async run(params, { output, connect }) {
    await (await connect()).call("removeWebhook", { params });
    output.result({ removed: params.webhook }, () => `${params.webhook} is removed.`);
    return exitCodes.done;
  },
});

const testWebhook = defineCommand<{ readonly webhook: string }>({
  usage: "test <name>",
  summary: "post a test to a target",
  notes:
    "It goes the way of every notification: `prewarm notifications dead --status delivered` shows it when it is there.",
  example: "prewarm notifications webhooks test chat",
  read: (input) => ({ webhook: input.operand(0) }),
  async run(params, { output, connect }) {
    const answer = await (await connect()).call("testWebhook", { params });
    output.result(answer, () => `The test ${answer.deliveryId} is on its way.`);
    return exitCodes.done;
  },
});

export const deliveryCommands: readonly CliCommand[] = [
  listDeadLetters,
  retryDeadLetters,
  defineGroup("webhooks", "manage where notifications are posted to, as an administrator", [
    listWebhooks,
    addWebhook,
    removeWebhook,
    testWebhook,
  ]),
];
