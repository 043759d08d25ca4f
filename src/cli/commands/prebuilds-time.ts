import type { HistoryPoint, PoolHistory, PoolSchedule } from "../../contracts/api/pool-time.ts";
import { historyStepMinutes } from "../../contracts/api/pool-time.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { instantOf, readMoment } from "../moment.ts";
import type { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";
import { relativeTime } from "../output/time-text.ts";
import { pageOptions, readPage } from "../paging.ts";
import { type PoolName, readOnePool } from "../pool-name.ts";

/** `TEMPLATE/PRESET`, or the two as two words. */
function readPool(input: CommandInput): { readonly template: string; readonly preset: string } {
  const preset = input.optionalOperand(1);
  return readOnePool(input, preset === undefined ? input.operand(0) : `${input.operand(0)}/${preset}`);
}

type OnePool = PoolName & { readonly preset: string };

function readHistory(input: CommandInput) {
  const step = input.choice("step", stepTexts);
  return {
    pool: readPool(input),
    from: readMoment(input, "from"),
    to: readMoment(input, "to"),
    step: historyStepMinutes.find((minutes) => String(minutes) === step),
  };
}

const stepTexts = historyStepMinutes.map(String);
/** Points that a person is shown, unless a step is asked for. */
const shownPointsWanted = 48;

/** A step of which a page or two is shown. */
function stepFor(from: string | undefined, to: string | undefined, now: Date): (typeof historyStepMinutes)[number] {
  const end = to === undefined ? now.getTime() : Date.parse(to);
  const minutes = (end - (from === undefined ? end - 86_400_000 : Date.parse(from))) / 60_000;
  return historyStepMinutes.find((step) => minutes / step <= shownPointsWanted) ?? 1_440;
}

const blocks = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

/** Ready of desired as a line of blocks; a space where nothing is known. */
function sparkline(points: readonly HistoryPoint[]): string {
  const most = Math.max(1, ...points.map(({ desired, ready }) => Math.max(desired ?? 0, ready ?? 0)));
  return points
    .map(({ ready }) => (ready === null ? " " : (blocks[Math.round((ready / most) * (blocks.length - 1))] ?? "█")))
    .join("");
}

function missedText(missed: HistoryPoint["missed"]): string {
  const reasons = Object.entries(missed ?? {});
  if (reasons.length === 0) return missed === null ? "?" : "0";
  return reasons.map(([reason, count]) => `${count} ${reason}`).join(", ");
}

function renderHistory(history: PoolHistory, output: Output): string {
  const number = (title: string, of: (point: HistoryPoint) => number | null) =>
    ({ title, cell: (point: HistoryPoint) => String(of(point) ?? "?"), align: "right" }) as const;
  const table = output.table(history.points, [
    { title: "FROM (UTC)", cell: ({ at }) => at.slice(0, 16).replace("T", " ") },
    number("DESIRED", ({ desired }) => desired),
    number("READY", ({ ready }) => ready),
    number("FEWEST", ({ readyFewest }) => readyFewest),
    number("STARTING", ({ starting }) => starting),
    number("FAILED", ({ failed }) => failed),
    number("HELD", ({ held }) => held),
    number("CLAIMED", ({ claimed }) => claimed),
    { title: "MISSED", cell: ({ missed }) => missedText(missed) },
  ]);
  const markers = history.markers.map(
    ({ at, text, by }) => `${at.slice(0, 16).replace("T", " ")}  ${printable(text)}${by === null ? "" : `, by ${by}`}`,
  );
  const hasGaps = history.points.some(({ recordedMinutes }) => recordedMinutes === 0);
  return [
    `ready  |${sparkline(history.points)}|  ${history.stepMinutes} min each`,
    "",
    table,
    ...(hasGaps ? ["", "?: no server looked then, or there was no such pool."] : []),
    ...(markers.length === 0 ? [] : ["", ...markers]),
  ].join("\n");
}

const showHistory = defineCommand<ReturnType<typeof readHistory>>({
  usage: "history <template> [preset]",
  summary: "show what a pool was like, and what it served and missed",
  notes:
    "Write the pool as TEMPLATE/PRESET or as two words. By the minute it is kept for 7 days, by 15 minutes for 90.",
  example: "prewarm prebuilds history node/small --from 8h",
  options: [
    { flags: "--from <when>", about: "from then on: so long ago (8h, 7d), a date, or an instant; a day unless said" },
    { flags: "--to <when>", about: "before then; now unless said" },
    { flags: "--step <minutes>", choices: stepTexts, about: `minutes of a line: ${stepTexts.join(", ")}` },
  ],
  isOrganizational: true,
  read: readHistory,
  async run({ pool, from, to, step }, { output, world, connect, organization }) {
    const now = world.clock.now();
    const [fromAt, toAt] = [from, to].map((moment) => (moment === undefined ? undefined : instantOf(moment, now)));
    const shown = step ?? (output.isStructured ? undefined : stepFor(fromAt, toAt, now));
    const query = { ...definedOnly({ from: fromAt, to: toAt, step: shown }), ...organization };
    const answer = await (await connect()).call("poolHistory", { params: pool, query });
    output.result(answer, () => renderHistory(answer, output));
    return exitCodes.done;
  },
});

const listDecisions = defineCommand<OnePool & { readonly limit?: number; readonly offset?: number }>({
  usage: "decisions <template> [preset]",
  summary: "list what the reconciler decided about a pool, and what differed each time",
  example: "prewarm prebuilds decisions node/small",
  options: pageOptions,
  isOrganizational: true,
  read: (input) => ({ ...readPool(input), ...definedOnly(readPage(input)) }),
  async run({ template, preset, ...page }, { output, world, connect, organization }) {
    const query = { ...page, ...organization };
    const answer = await (await connect()).call("poolDecisions", { params: { template, preset }, query });
    const now = world.clock.now();
    output.result(answer, () =>
      answer.decisions.length === 0
        ? "No decisions are kept."
        : output.table(answer.decisions, [
            { title: "WHEN", cell: ({ at }) => relativeTime(at, now) },
            { title: "VERSION", cell: ({ version }) => version },
            { title: "CHANGE", cell: ({ changes }) => printable(changes.map(({ text }) => text).join("; ")) || "–" },
          ]),
    );
    if (answer.hasMore) output.progress("There are more; --offset shows them.");
    return exitCodes.done;
  },
});

function renderSchedule({ timezone, days, stretches, fault, now, next }: PoolSchedule, output: Output): string {
  const changes = days.filter(({ isClockChange }) => isClockChange).map(({ date }) => `The clocks change on ${date}.`);
  return [
    `${now.instances} wanted now, by ${now.because}. ${next === null ? "No change within 32 days." : `Next: ${next.text}.`}`,
    ...(fault === null ? [] : [output.paint.yellow(`The schedules are not used: ${printable(fault)}.`)]),
    ...changes,
    "",
    output.table(stretches, [
      { title: `FROM (${timezone})`, cell: ({ at }) => wallText(at, timezone) },
      { title: "DESIRED", cell: ({ instances }) => String(instances), align: "right" },
      { title: "BECAUSE", cell: ({ because }) => printable(because) },
    ]),
  ].join("\n");
}

function wallText(at: string, timeZone: string): string {
  const parts = { weekday: "short", year: "numeric", month: "2-digit", day: "2-digit" } as const;
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone } as const;
  return new Intl.DateTimeFormat("en-GB", { ...parts, ...time }).format(new Date(at));
}

const showSchedule = defineCommand<OnePool & { readonly week?: string }>({
  usage: "schedule <template> [preset]",
  summary: "show how many prebuilds a pool wants within a week, and when that changes next",
  example: "prewarm prebuilds schedule node/small --week 2030-01-31",
  options: [{ flags: "--week <day>", about: "the week of this day, such as 2030-01-31; this week unless said" }],
  isOrganizational: true,
  read(input) {
    const week = input.text("week");
    if (week !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(week)) {
      input.refuse(`--week is "${week}"; it must be a day such as 2030-01-31.`);
    }
    return { ...readPool(input), ...definedOnly({ week }) };
  },
  async run({ template, preset, week }, { output, connect, organization }) {
    const query = { ...definedOnly({ week }), ...organization };
    const answer = await (await connect()).call("poolSchedule", { params: { template, preset }, query });
    output.result(answer, () => renderSchedule(answer, output));
    return exitCodes.done;
  },
});

export const prebuildTimeCommands: readonly CliCommand[] = [showHistory, listDecisions, showSchedule];
