import { expect, test } from "vitest";
import { withInclude, withoutInclude } from "../../../src/cli/ssh/ssh-include.ts";

const words = { word: "prewarm/config", same: ["~/.ssh/prewarm/config", "/home/anna/.ssh/prewarm/config"] };
const added = "Include prewarm/config\n";

test.each([
  ["nothing", "", added],
  ["hosts", "Host a\n  User b\n", `${added}Host a\n  User b\n`],
  ["no line end at its end", "Host a", `${added}Host a`],
  ["line ends of Windows", "Host a\r\n  User b\r\n", "Include prewarm/config\r\nHost a\r\n  User b\r\n"],
  ["another file included", "Include other\n", `${added}Include other\n`],
  ["ours among others of one line", "Include other prewarm/config\n", `${added}Include other prewarm/config\n`],
  ["ours for one host only", `Host a\n  ${added}`, `${added}Host a\n  ${added}`],
  ["ours after a match", `Match all\n${added}`, `${added}Match all\n${added}`],
  ["ours as a comment", `# ${added}`, `${added}# ${added}`],
])("a configuration with %s gets the line first", (_, before, after) => {
  expect(withInclude(before, words)).toBe(after);
  expect(withInclude(after, words)).toBe(after);
});

test.each([
  ["first", `${added}Host a\n`],
  ["after comments and settings", `# mine\nUser me\n\n  ${added}Host a\n`],
  ["in other letters", "include=prewarm/config\nHost a\n"],
  ["in quotes", 'INCLUDE "prewarm/config"\n'],
  ["from the home", "Include ~/.ssh/prewarm/config\n"],
  ["as a whole path", "Include /home/anna/.ssh/prewarm/config\r\n"],
  ["with a comment", "Include prewarm/config # ours\n"],
])("a configuration that includes it already, %s, stays as it is", (_, text) => {
  expect(withInclude(text, words)).toBe(text);
});

test.each([
  "",
  "Host a\n  User b\n",
  "Host a\r\n",
  "Include other\n\n# text",
])("what was added is taken back to the byte: %j", (text) => {
  expect(withoutInclude(withInclude(text, words), words)).toBe(text);
});
