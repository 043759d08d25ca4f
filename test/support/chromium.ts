// The browser of Debian that pages are tried in.
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/**
 * The same engine twice: the shell has no window of its own around its pages, which the whole browser draws by further
 * pages, also where nobody sees it. A test takes a third of its processor time.
 */
const places = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"] as const;

/**
 * A browser that is watched notes for each request which line made it, for which V8 parses whole scripts once more unless
 * it keeps the places of lines from the beginning: 0.2 s of a slowed page's start that nobody has who looks at it.
 */
const alikeWhileWatched = ["--js-flags=--no-enable-lazy-source-positions"] as const;

/** @returns undefined where there is none */
export function chromiumPath(): string | undefined {
  return places.find((place) => existsSync(place));
}

/** Errors: where there is none. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error(`There is no Chromium: neither ${places.join(" nor ")}.`);
  return await chromium.launch({ executablePath, args: ["--no-sandbox", ...alikeWhileWatched] });
}
