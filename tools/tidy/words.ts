import { fileRule, findInLines, isProgramText, isTidyItself, type Rule } from "./source.ts";

const isOurText = (path: string): boolean => !isTidyItself(path) && path !== "package-lock.json";

/** A note to oneself is either worth doing now or worth an issue. */
export const noLeftovers: Rule = fileRule("no leftovers", isOurText, (source) =>
  findInLines(source, /\b(TODO|FIXME|XXX)\b/, (word) => `${word}: do it, or say in a sentence why it is as it is.`),
);

const isOurProgram = (path: string): boolean => isProgramText(path) && !isTidyItself(path);

/** Switching a check off is allowed where the reason stands beside it. */
export const checksStayOn: Rule = fileRule("checks stay on", isOurProgram, (source) => [
  ...findInLines(source, /@ts-(ignore|nocheck)\b/, (word) => `${word} hides every error: fix the type.`),
  ...findInLines(
    source,
    /@ts-expect-error\W*$/,
    () => "@ts-expect-error without a reason: write why the error is expected.",
  ),
  ...findInLines(
    source,
    /(oxlint|eslint)-disable(?!.* -- \S+ \S+)/,
    (word) => `${word} without a reason: write "${word}… -- why it does not apply here".`,
  ),
]);
