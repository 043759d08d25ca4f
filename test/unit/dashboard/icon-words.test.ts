import { expect, test } from "vitest";
import { iconLook } from "../../../src/dashboard/components/icon-words.ts";

test.each([
  ["", null],
  [undefined, null],
  ["🚀", { kind: "emoji", text: "🚀" }],
  ["/emojis/1f427.png", { kind: "emoji", text: "🐧" }],
  ["/emojis/1f1e9-1f1ea.png", { kind: "emoji", text: "🇩🇪" }],
  ["/emojis/1f468-200d-1f4bb.png", { kind: "emoji", text: "👨‍💻" }],
  ["/emojis/31-fe0f-20e3.png", { kind: "emoji", text: "1\ufe0f\u20e3" }],
  ["/icon/docker.svg", { kind: "glyph", glyph: "box" }],
  ["memory", { kind: "glyph", glyph: "memory" }],
  ["/icon/goland.svg", { kind: "letter", letter: "G" }],
  ["https://elsewhere.example/a/logo.png?size=1", { kind: "letter", letter: "L" }],
  ["constructor", { kind: "letter", letter: "C" }],
  ["/", { kind: "letter", letter: "•" }],
  // What would turn the direction of the text, or is no character at all, is no emoji.
  ["/emojis/202e.png", { kind: "letter", letter: "2" }],
  ["/emojis/ffffff.png", { kind: "letter", letter: "F" }],
  ["/emojis/d83d.png", { kind: "letter", letter: "D" }],
  ["/emojis/cafe.png", { kind: "letter", letter: "C" }],
] as const)("%j is drawn as %j", (icon, look) => {
  expect(iconLook(icon)).toEqual(look);
});
