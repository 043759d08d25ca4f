import type { Rehearsal } from "../../contracts/api/templates.ts";
import type { OpenRehearsalRow, RehearsalRow } from "../../db/jobs/rehearsals.ts";
import { instant } from "../page.ts";

/** What the rehearsal of a preset's claims found, for people: with the resource, the attribute, and advice. */
export function rehearsalView(row: RehearsalRow | undefined): Rehearsal | null {
  if (row === undefined) return null;
  const { effect, replacements } = row.rehearsal;
  return {
    effect,
    replacements: replacements.map((replacement) => ({
      address: replacement.address,
      reasons: replacement.reasons.map((reason) => ({ ...reason })),
    })),
    at: instant(row.rehearsed_at),
    isBlocking: row.blocked_reason !== null,
    sentences: sentencesOf(row),
  };
}

function sentencesOf({ rehearsal, blocked_reason }: RehearsalRow): string[] {
  if (rehearsal.effect === "nothing") return ["A claim changes nothing: it is handed over at once."];
  if (rehearsal.effect === "in_place") {
    return [
      `A claim updates ${rehearsal.changes} resource${rehearsal.changes === 1 ? "" : "s"} in place, then hands over.`,
    ];
  }
  const replaced = rehearsal.replacements.map(({ address, reasons }) => {
    const why = reasons.map(({ path }) => path).join(", ");
    return `A claim replaces ${address}${why === "" ? "" : ` because of ${why}`}.`;
  });
  return [
    ...replaced,
    "Keep the owner out of these attributes: list them under lifecycle ignore_changes, or move what needs the owner to the claim hook.",
    ...(blocked_reason === null
      ? ["The prebuilds are handed out all the same (claim_policy.on_replacement: warn)."]
      : ["The prebuilds are not handed out (claim_policy.on_replacement: block)."]),
  ];
}

/** What people have to know of a rehearsal that has not come to a result. */
export function openRehearsalSentences(row: OpenRehearsalRow | undefined): string[] {
  if (row === undefined) return [];
  const { is_unproven, rehearsal_problem: problem, rehearsal_after } = row;
  const again = rehearsal_after === null ? "It is tried again" : `It is tried again at ${instant(rehearsal_after)}`;
  return [
    ...(is_unproven
      ? [
          "Nothing is handed out until a rehearsal has shown what a claim does (claim_policy.on_replacement: block); " +
            "it runs when the first prebuild is ready.",
        ]
      : []),
    ...(problem === null
      ? []
      : [
          `The last rehearsal of a claim came to no result: ${problem} ${again}, or after \`prewarm prebuilds resume TEMPLATE/PRESET\`.`,
        ]),
  ];
}
