import { type CliCommand, defineCommand } from "../command.ts";
import { type Context, findContext, loadContexts, namedContext, saveContexts } from "../contexts.ts";
import { exitCodes } from "../exit-codes.ts";
import { relativeTime } from "../output/time-text.ts";
import { forgetContext } from "../session.ts";

/** The token stays in its file. */
function viewOf({ name, url, username, kind, expiresAt }: Context, current: string | null) {
  return { name, isCurrent: name === current, url, username, kind, expiresAt };
}

type ContextView = ReturnType<typeof viewOf>;

const listContexts = defineCommand({
  usage: "list",
  summary: "list the servers that you are signed in to from here",
  notes: "`prewarm login URL --context NAME` adds one.",
  example: "prewarm context list",
  read: () => undefined,
  async run(_options, { output, world }) {
    const { current, contexts } = await loadContexts(world);
    const used = namedContext(world) ?? current;
    const views = contexts.map((context) => viewOf(context, used)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const now = world.clock.now();
    output.result({ contexts: views }, () =>
      views.length === 0
        ? "No contexts. `prewarm login URL` makes one."
        : output.table<ContextView>(views, [
            { title: "CURRENT", cell: ({ isCurrent }) => (isCurrent ? "*" : "") },
            { title: "NAME", cell: ({ name }) => name },
            { title: "SERVER", cell: ({ url }) => url },
            { title: "USER", cell: ({ username }) => username || "–" },
            { title: "EXPIRES", cell: ({ expiresAt }) => relativeTime(expiresAt, now) },
          ]),
    );
    if (world.env["PREWARM_URL"]) output.progress("PREWARM_URL is set, and goes before all of them.");
    return exitCodes.done;
  },
});

const useContext = defineCommand<{ readonly name: string }>({
  usage: "use <context>",
  summary: "have commands go to this server from now on",
  notes: "For one command only: its option --context. For one shell only: PREWARM_CONTEXT.",
  example: "prewarm context use staging",
  read: (input) => ({ name: input.operand(0) }),
  async run({ name }, { output, world }) {
    const contexts = await loadContexts(world);
    const context = findContext(contexts, name);
    await saveContexts(world, { ...contexts, current: name });
    output.result(viewOf(context, name), () => `${name} (${context.url}) is used from now on.`);
    return exitCodes.done;
  },
});

const removeContext = defineCommand<{ readonly name: string }>({
  usage: "remove <context>",
  summary: "forget a server and the session there",
  notes: "The session itself stays valid on the server; `prewarm logout --context NAME` ends it as well.",
  example: "prewarm context remove staging",
  read: (input) => ({ name: input.operand(0) }),
  async run({ name }, { output, world }) {
    const contexts = await loadContexts(world);
    findContext(contexts, name);
    await forgetContext(world, contexts, name);
    output.result({ removed: name }, () => `${name} is forgotten.`);
    return exitCodes.done;
  },
});

export const contextCommands: readonly CliCommand[] = [listContexts, useContext, removeContext];
