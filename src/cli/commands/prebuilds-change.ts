import { type CliCommand, defineCommand } from "../command.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { imageLines } from "../output/image-lines.ts";
import { renderPools } from "../output/pool-table.ts";
import { printable } from "../output/printable.ts";
import { relativeTime } from "../output/time-text.ts";
import { type PoolName, readOnePool, readPoolName } from "../pool-name.ts";

/** Earlier decisions that are shown; `--json` has all of them. */
const historyShown = 5;

const explainPool = defineCommand<{ readonly template: string; readonly preset: string }>({
  usage: "explain <template/preset>",
  summary: "say why a pool is as it is, and what is held back until when",
  example: "prewarm prebuilds explain node/small",
  isOrganizational: true,
  read: (input) => readOnePool(input, input.operand(0)),
  async run(params, { output, world, connect, organization }) {
    const client = await connect();
    const answer = await client.call("explainPool", { params, query: organization });
    const now = world.clock.now();
    output.result(answer, () => {
      const lines = [renderPools([answer.pool], output, now), "", ...answer.sentences.map(printable)];
      lines.push(...(answer.rehearsal?.sentences ?? []).map(printable));
      // A server of the release before tells none.
      lines.push(...imageLines(answer.images ?? [], output));
      const history = answer.history.slice(0, historyShown);
      if (history.length > 0) lines.push("", output.paint.bold("Earlier decisions"));
      for (const { at, sentences } of history) {
        lines.push(`${output.paint.dim(relativeTime(at, now))}  ${sentences.map(printable).join(" ")}`);
      }
      return lines.join("\n");
    });
    return exitCodes.done;
  },
});

const pausePrebuilds = defineCommand({
  usage: "pause",
  summary: "stop the reconciler from acting, in the whole deployment; claims go on (`disable` stops those too)",
  example: "prewarm prebuilds pause",
  read: () => undefined,
  async run(_options, { output, connect }) {
    const answer = await (await connect()).call("pausePrebuilds", {});
    output.result(answer, () => "Reconciliation is paused; `prewarm prebuilds resume` lets it go on.");
    return exitCodes.done;
  },
});

const resumePrebuilds = defineCommand<{ readonly template: string; readonly preset: string } | undefined>({
  usage: "resume [template/preset]",
  summary: "let the reconciler act again, or lift one pool's hard limit or validation failure",
  example: "prewarm prebuilds resume node/small",
  isOrganizational: true,
  read(input) {
    const text = input.optionalOperand(0);
    return text === undefined ? undefined : readOnePool(input, text);
  },
  async run(params, { output, world, connect, organization }) {
    const client = await connect();
    if (params === undefined) {
      const answer = await client.call("resumePrebuilds", {});
      output.result(answer, () => "Reconciliation goes on.");
      return exitCodes.done;
    }
    const pool = await client.call("resumePool", { params, query: organization });
    output.result(pool, () => renderPools([pool], output, world.clock.now()));
    return exitCodes.done;
  },
});

const disablePrebuilds = defineCommand({
  usage: "disable",
  summary:
    "switch prebuilds off in the whole deployment: nothing is claimed, creations are ordinary ones, pools stay as they are (`pause` only stops the reconciler; claims go on)",
  example: "prewarm prebuilds disable",
  read: () => undefined,
  async run(_options, { output, connect }) {
    const answer = await (await connect()).call("disablePrebuilds", {});
    output.result(
      answer,
      () =>
        "Prebuilds are switched off: workspaces are built when they are asked for, and the pools stay as they are. `prewarm prebuilds enable` switches them on.",
    );
    return exitCodes.done;
  },
});

const enablePrebuilds = defineCommand({
  usage: "enable",
  summary: "switch prebuilds on again: claims are served and the reconciler acts at once, unless it is paused",
  example: "prewarm prebuilds enable",
  read: () => undefined,
  async run(_options, { output, connect }) {
    const answer = await (await connect()).call("enablePrebuilds", {});
    output.result(answer, () =>
      answer.isOffByOption
        ? "Stored. This server stays off, because it was started with the option prebuilds.enabled off; start it with --prebuilds-enabled."
        : "Prebuilds are switched on.",
    );
    return exitCodes.done;
  },
});

const invalidatePrebuilds = defineCommand<PoolName>({
  usage: "invalidate <template[/preset]>",
  summary: "mark the prebuilds there are now as expired, so that they are replaced",
  example: "prewarm prebuilds invalidate node/small",
  isOrganizational: true,
  read: (input) => readPoolName(input, input.operand(0)),
  async run({ template, preset }, { output, connect, organization }) {
    const body = { template, ...definedOnly({ preset }) };
    const answer = await (await connect()).call("invalidatePrebuilds", { body, query: organization });
    output.result(
      answer,
      () => `${answer.prebuilds} prebuilds of ${answer.presets} presets are expired and will be replaced.`,
    );
    return exitCodes.done;
  },
});

const cleanPrebuilds = defineCommand<{ readonly pool: PoolName | undefined }>({
  usage: "clean [template[/preset]]",
  summary: "delete the failed and parked prebuilds",
  example: "prewarm prebuilds clean node",
  isOrganizational: true,
  read(input) {
    const text = input.optionalOperand(0);
    return { pool: text === undefined ? undefined : readPoolName(input, text) };
  },
  async run({ pool }, { output, connect, organization }) {
    const body = definedOnly({ template: pool?.template, preset: pool?.preset });
    const answer = await (await connect()).call("cleanPrebuilds", { body, query: organization });
    output.result(answer, () => `${answer.deleting} failed and parked prebuilds are being deleted.`);
    return exitCodes.done;
  },
});

export const prebuildChangeCommands: readonly CliCommand[] = [
  explainPool,
  pausePrebuilds,
  resumePrebuilds,
  disablePrebuilds,
  enablePrebuilds,
  invalidatePrebuilds,
  cleanPrebuilds,
];
