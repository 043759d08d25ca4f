import type {
  Notification,
  NotificationPreference,
  NotificationPreferences,
} from "../../contracts/api/notifications.ts";
import { CodedError } from "../../contracts/errors.ts";
import { notificationsMarkedMax } from "../../contracts/limits.ts";
import { emailPreferences, isNotificationKind, notificationKinds } from "../../contracts/notification-kinds.ts";
import { type CliCommand, defineCommand, defineGroup } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";
import { relativeTime } from "../output/time-text.ts";
import { pageOptions, readPage } from "../paging.ts";

function readFilter(input: CommandInput) {
  return {
    ...readPage(input),
    unread: input.isOn("unread") ? true : undefined,
    kind: input.choice("kind", notificationKinds),
  };
}

function notificationId(input: CommandInput, word: string): number {
  if (/^[1-9]\d{0,14}$/.test(word)) return Number(word);
  return input.refuse(`"${word}" is no notification's id; \`prewarm notifications list\` shows them.`);
}

const listNotifications = defineCommand<ReturnType<typeof readFilter>>({
  usage: "list",
  summary: "list your notifications, the newest first",
  example: "prewarm notifications list --unread",
  options: [
    { flags: "--unread", about: "only those that you have not read" },
    {
      flags: "--kind <kind>",
      choices: notificationKinds,
      about: `only one kind; \`prewarm notifications preferences list\` names them`,
    },
    ...pageOptions,
  ],
  read: readFilter,
  async run(options, { output, world, connect }) {
    const answer = await (await connect()).call("listNotifications", { query: definedOnly(options) });
    const now = world.clock.now();
    output.result(answer, () =>
      answer.notifications.length === 0
        ? "No notifications."
        : output.table<Notification>(answer.notifications, [
            { title: "ID", cell: ({ id }) => String(id) },
            { title: "", cell: ({ readAt }) => (readAt === null ? "*" : "") },
            { title: "WHEN", cell: ({ at }) => relativeTime(at, now) },
            { title: "KIND", cell: ({ kind }) => kind },
            { title: "SUBJECT", cell: ({ subject }) => subject },
          ]),
    );
    output.noteRest({ shown: answer.notifications.length, offset: options.offset ?? 0, total: answer.total });
    if (answer.unread > 0) output.progress(`${answer.unread} unread.`);
    return exitCodes.done;
  },
});

function renderNotification({ subject, at, text }: Notification, output: Output): string {
  const body = text.split("\n").map(printable);
  return [output.paint.bold(printable(subject)), output.paint.dim(at), "", ...body].join("\n");
}

const readNotifications = defineCommand<{ readonly ids: readonly number[]; readonly isAll: boolean }>({
  usage: "read [id...]",
  summary: "show notifications in full and mark them as read; or mark all",
  example: "prewarm notifications read 42",
  options: [{ flags: "--all", about: "mark all as read, without showing them" }],
  read: (input) => {
    const ids = input.operands(0).map((word) => notificationId(input, word));
    const isAll = input.isOn("all");
    if (isAll === ids.length > 0) input.refuse("Name ids, or give --all.");
    if (ids.length > notificationsMarkedMax) input.refuse(`At most ${notificationsMarkedMax} at a time.`);
    return { ids, isAll };
  },
  async run({ ids, isAll }, { output, connect }) {
    const client = await connect();
    if (isAll) {
      // Up to the newest of now: one that comes meanwhile stays unread.
      const { notifications } = await client.call("listNotifications", { query: { limit: 1 } });
      const [newest] = notifications;
      const answer =
        newest === undefined
          ? { marked: 0, unread: 0 }
          : await client.call("readNotifications", { body: { upTo: newest.id } });
      output.result(answer, () => `${answer.marked} marked as read.`);
      return exitCodes.done;
    }
    const shown: Notification[] = [];
    for (const id of ids) {
      const [found] = (await client.call("listNotifications", { query: { id } })).notifications;
      if (found === undefined) throw new CodedError("not_found", `You have no notification ${id}.`);
      shown.push(found);
    }
    await client.call("readNotifications", { body: { ids: [...ids] } });
    output.result({ notifications: shown }, () => shown.map((one) => renderNotification(one, output)).join("\n\n"));
    return exitCodes.done;
  },
});

const watchNotifications = defineCommand({
  usage: "watch",
  summary: "show notifications as they come, until it is interrupted",
  notes: "With --json each line is an object.",
  example: "prewarm notifications watch",
  read: () => undefined,
  async run(_options, { output, world, connect }) {
    const client = await connect();
    const ending = new AbortController();
    const stops = (["SIGINT", "SIGTERM"] as const).map((signal) => world.onSignal(signal, () => ending.abort()));
    let last: number | null = null;
    try {
      for await (const { event, data } of client.watch("watchNotifications", { signal: ending.signal })) {
        if (event !== "inbox") continue;
        const { newest } = data as { readonly newest: number | null };
        if (last !== null && newest !== null && newest > last) {
          const { notifications } = await client.call("listNotifications", { query: {} });
          for (const one of notifications.filter(({ id }) => id > (last ?? 0)).toReversed()) {
            output.item(one, () => `${renderNotification(one, output)}\n`);
          }
        }
        last = Math.max(last ?? 0, newest ?? 0);
      }
    } catch (error) {
      if (!ending.signal.aborted) throw error;
    } finally {
      for (const stop of stops) stop();
    }
    return exitCodes.done;
  },
});

function renderPreferences(answer: NotificationPreferences, output: Output): string {
  const table = output.table<NotificationPreference>(answer.preferences, [
    { title: "KIND", cell: ({ kind }) => kind },
    { title: "E-MAIL", cell: ({ email, isDefault }) => (isDefault ? `${email} (default)` : email) },
    { title: "WHEN", cell: ({ about }) => about },
  ]);
  const where = !answer.isEmailOn
    ? "This deployment has no mail server: notifications are in the inbox only."
    : answer.address === null
      ? "You have no e-mail address: notifications are in the inbox only."
      : `Mails go to ${printable(answer.address)}.`;
  return `${table}\n\n${where}`;
}

const listPreferences = defineCommand({
  usage: "list",
  summary: "show which notifications come to you by e-mail",
  example: "prewarm notifications preferences list",
  read: () => undefined,
  async run(_options, { output, connect }) {
    const answer = await (await connect()).call("getNotificationPreferences", {});
    output.result(answer, () => renderPreferences(answer, output));
    return exitCodes.done;
  },
});

const choices = [...emailPreferences, "default"] as const;

const setPreference = defineCommand({
  usage: "set <kind> <choice>",
  summary: `choose how a kind comes to you by e-mail: ${choices.join(", ")}`,
  notes: "`digest` collects them into one mail an interval. The inbox has all of them, whatever you choose.",
  example: "prewarm notifications preferences set build_failed on",
  operandChoices: { kind: notificationKinds, choice: choices },
  read: (input) => {
    const kind = input.operand(0);
    const word = input.operand(1);
    const choice = choices.find((one) => one === word);
    if (!isNotificationKind(kind)) {
      return input.refuse(`"${kind}" is no kind; it must be one of ${notificationKinds.join(", ")}.`);
    }
    if (choice === undefined) return input.refuse(`"${word}" is no choice; it must be one of ${choices.join(", ")}.`);
    return { kind, email: choice === "default" ? null : choice };
  },
  async run(body, { output, connect }) {
    const answer = await (await connect()).call("setNotificationPreference", { body });
    output.result(answer, () => renderPreferences(answer, output));
    return exitCodes.done;
  },
});

export const inboxCommands: readonly CliCommand[] = [
  listNotifications,
  readNotifications,
  watchNotifications,
  defineGroup("preferences", "choose what comes to you by e-mail", [listPreferences, setPreference]),
];
