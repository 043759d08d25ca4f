import { healthcheckUnlessSaid } from "../contracts/app-health.ts";
import { parseAppRef } from "../contracts/app-address.ts";
import { shareLevels } from "../contracts/share-levels.ts";
import type { ManifestApp } from "../contracts/manifest-apps.ts";

/** Where an app listens in its workspace. */
export type AppSocket =
  | { readonly kind: "tcp"; readonly port: number; readonly isTls: boolean }
  /** Of a socket; one that begins with `~/` is in the workspace's home. */
  | { readonly kind: "unix"; readonly path: string };

/** How an app is reached: it listens, or it is run in a terminal. */
export type AppAt = AppSocket | { readonly kind: "terminal"; readonly command: string };

export interface AppListener<At extends AppAt = AppAt> {
  readonly at: At;
  /** Path and query at which it is opened; `/` at least. */
  readonly path: string;
}

/** How an agent looks whether an app is well. */
export interface AppCheck extends AppListener<AppSocket> {
  readonly app: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly threshold: number;
}

const loopbackHosts = new Set(["localhost", "127.0.0.1", "[::1]"]);
/** What the kernel takes as the name of a socket, without what a home adds. */
const socketPathLengthMax = 100;

/** @returns why not, in words, for what says neither or both. */
export function appListener({ url, command }: Pick<ManifestApp, "url" | "command">): AppListener | string {
  if (command !== undefined) {
    return url === undefined
      ? { at: { kind: "terminal", command }, path: "/" }
      : "it has a command, too: take one of both";
  }
  return url === undefined ? "it is missing: say where the app listens, or a command" : socketOf(url);
}

/** @returns why not, in words, for an address that is none of the workspace's own machine. */
export function socketOf(url: string): AppListener<AppSocket> | string {
  if (url.startsWith("unix:")) return unixSocket(url.slice("unix:".length));
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) return "it is no URL: write one such as http://localhost:8080";
  const { protocol, hostname, port, pathname, search, username, password } = parsed;
  if (protocol !== "http:" && protocol !== "https:") return "it is to begin with http://, https:// or unix:/";
  if (!loopbackHosts.has(hostname)) return "it is to be on localhost: an app is what the workspace itself serves";
  if (username !== "" || password !== "") return "it may hold neither user name nor password";
  const isTls = protocol === "https:";
  const number = port === "" ? (isTls ? 443 : 80) : Number(port);
  if (number === 0) return "it has port 0, on which nothing listens";
  return { at: { kind: "tcp", port: number, isTls }, path: `${pathname}${search}` };
}

function unixSocket(path: string): AppListener<AppSocket> | string {
  if (!/^(\/|~\/)[^\0]*[^/\0]$/.test(path))
    return "a socket is named unix:/run/app.sock, or unix:~/app.sock in the home";
  if (path.length > socketPathLengthMax) return `a socket's path has at most ${socketPathLengthMax} characters`;
  return { at: { kind: "unix", path }, path: "/" };
}

/** @returns null for an app that is not checked; why not, in words, for one that cannot be. */
export function appCheck(app: ManifestApp): AppCheck | string | null {
  const { healthcheck, name } = app;
  if (healthcheck === undefined) return null;
  const listener = appListener(app);
  if (typeof listener === "string") return null;
  const { at, path } = listener;
  if (at.kind === "terminal") return "a command in a terminal has no health: leave it out";
  const { url, interval, timeout, threshold } = healthcheck;
  const unless = healthcheckUnlessSaid;
  const place = url === undefined ? { at, path } : url.startsWith("/") ? { at, path: pathOf(url) } : socketOf(url);
  if (typeof place === "string") return `${place}; or a path of the app's own, such as /healthz`;
  return {
    app: name,
    ...place,
    intervalMs: (interval ?? unless.intervalSeconds) * 1_000,
    timeoutMs: (timeout ?? unless.timeoutSeconds) * 1_000,
    threshold: threshold ?? unless.threshold,
  };
}

/** As it can stand in a request. */
function pathOf(text: string): string {
  const { pathname, search } = new URL(`http://localhost${text}`);
  return `${pathname}${search}`;
}

/** What is wrong with the apps of one agent, each with its place in the manifest. */
export function appProblems(
  apps: readonly ManifestApp[],
  within: string,
): { readonly field: string; readonly reason: string }[] {
  const names = new Set<string>();
  return apps.flatMap((app, index) => {
    const at = `${within}.apps[${index}]`;
    const problems = [
      ...(names.has(app.name) ? [{ field: `${at}.name`, reason: `another app is named "${app.name}"` }] : []),
      ...(parseAppRef(app.name)?.kind === "port"
        ? [{ field: `${at}.name`, reason: `"${app.name}" is what a port is called: give it another name` }]
        : []),
      ...listenerProblems(app, at),
      ...(shareLevels.indexOf(app.share ?? "owner") > shareLevels.indexOf(app.max_share ?? "public")
        ? [{ field: `${at}.share`, reason: `it is shared with more (${app.share}) than max_share allows` }]
        : []),
    ];
    names.add(app.name);
    return problems;
  });
}

function listenerProblems(app: ManifestApp, at: string): { readonly field: string; readonly reason: string }[] {
  const listener = appListener(app);
  if (typeof listener === "string") return [{ field: `${at}.url`, reason: listener }];
  const check = appCheck(app);
  const ofCheck = typeof check === "string" ? [{ field: `${at}.healthcheck`, reason: check }] : [];
  if (listener.at.kind !== "terminal") return ofCheck;
  // Only its owner gets into a terminal, whatever is said.
  const httpOnly = (["share", "max_share", "host", "cors"] as const).filter((key) => app[key] !== undefined);
  const reason = "it is of apps that are opened by HTTP, and this one is a command in a terminal: leave it out";
  return [...ofCheck, ...httpOnly.map((key) => ({ field: `${at}.${key}`, reason }))];
}
