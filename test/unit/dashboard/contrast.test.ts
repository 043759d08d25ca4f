// The colours of `looks/tokens.css`: what is written can be read, and what is drawn can be seen, in both themes.
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const file = path.resolve(import.meta.dirname, "../../../src/dashboard/looks/tokens.css");
const css = readFileSync(file, "utf8");
/** WCAG 2.2, 1.4.3 and 1.4.11. */
const textMin = 4.5;
const lineMin = 3;

type Tokens = ReadonlyMap<string, string>;

function tokensOf(selector: string): Tokens {
  const [, block = ""] = css.split(`${selector} {`);
  const declared = block.slice(0, block.indexOf("}")).matchAll(/--([\w-]+):\s*([^;]+);/g);
  return new Map(Array.from(declared, ([, name = "", value = ""]) => [name, value]));
}

const light = tokensOf("\n:root");
const dark = tokensOf(`:root[data-theme="dark"]`);
const systemDark = tokensOf(`:root:not([data-theme="light"])`);
const themes = [
  ["light", light],
  ["dark", dark],
] as const;

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

type Pair = readonly [front: string, back: string];
const states = ["ok", "busy", "warn", "bad", "off"];
/** The page, what is raised, hovered and pressed. */
const surfaces = ["n1", "n2", "n3", "n4"];
const onSurfaces = (fronts: readonly string[]): Pair[] =>
  fronts.flatMap((front) => surfaces.map((surface): Pair => [front, surface]));

const texts: readonly Pair[] = [
  ...onSurfaces(["n12", "n11"]),
  ["n10", "n1"],
  ["n10", "n2"],
  ["accent-text", "n1"],
  ["accent-text", "n2"],
  ["accent-text", "accent-soft"],
  ["n12", "accent-soft"],
  ["accent-on", "accent-fill"],
  ["accent-on", "accent-fill-hover"],
  ["danger-on", "danger-fill"],
  ["danger-on", "danger-fill-hover"],
  ["violet-text", "violet-fill"],
  ["violet-text", "n1"],
  ...states.flatMap((state): Pair[] => [
    [`${state}-text`, `${state}-fill`],
    [`${state}-text`, "n1"],
    [`${state}-text`, "n2"],
    ["n12", `${state}-fill`],
    ["n11", `${state}-fill`],
  ]),
];
/** The border of a control, the focus, and borders that tell a state. */
const lines: readonly Pair[] = [
  ["n8", "n1"],
  ["n8", "n2"],
  ...onSurfaces(["accent-text"]),
  ["accent-border", "n1"],
  ...states.map((state): Pair => [`${state}-border`, "n1"]),
];

function faint(tokens: Tokens, pairs: readonly Pair[], atLeast: number): readonly string[] {
  return pairs.flatMap(([front, back]) => {
    const [one, other] = [tokens.get(front), tokens.get(back)];
    if (one === undefined || other === undefined) return [`--${front} or --${back} is not there`];
    const found = contrast(one, other);
    return found >= atLeast ? [] : [`--${front} on --${back}: ${found.toFixed(2)}`];
  });
}

test.each(themes)("text can be read on every surface that it is on, %s", (_, tokens) => {
  expect(faint(tokens, texts, textMin)).toEqual([]);
});

test.each(themes)("borders of controls, of states and of the focus can be seen, %s", (_, tokens) => {
  expect(faint(tokens, lines, lineMin)).toEqual([]);
});

test("what the system says is dark as what a person says is, and both themes have the same tokens", () => {
  expect(systemDark).toEqual(dark);
  expect([...dark.keys()]).toEqual([...light.keys()]);
  expect(light.size).toBeGreaterThan(30);
});
