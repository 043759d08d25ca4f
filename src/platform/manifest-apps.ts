import { parseAppRef } from "../contracts/app-address.ts";
import { type ManifestApp, shareLevels } from "../contracts/manifest-apps.ts";

/** Where an app listens in its workspace. */
export interface AppListener {
  readonly port: number;
  readonly isTls: boolean;
  /** Path and query at which it is opened; `/` at least. */
  readonly path: string;
}

const loopbackHosts = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** @returns why not, in words, for an address that is none of the workspace's own machine. */
export function appListener(url: string): AppListener | string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) return "it is no URL: write one such as http://localhost:8080";
  const { protocol, hostname, port, pathname, search, username, password } = parsed;
  if (protocol !== "http:" && protocol !== "https:") return "it is to begin with http:// or https://";
  if (!loopbackHosts.has(hostname)) return "it is to be on localhost: an app is what the workspace itself serves";
  if (username !== "" || password !== "") return "it may hold neither user name nor password";
  const isTls = protocol === "https:";
  return { port: port === "" ? (isTls ? 443 : 80) : Number(port), isTls, path: `${pathname}${search}` };
}

/** What is wrong with the apps of one agent, each with its place in the manifest. */
export function appProblems(
  apps: readonly ManifestApp[],
  within: string,
): { readonly field: string; readonly reason: string }[] {
  const names = new Set<string>();
  return apps.flatMap((app, index) => {
    const at = `${within}.apps[${index}]`;
    const listener = appListener(app.url);
    const problems = [
      ...(names.has(app.name) ? [{ field: `${at}.name`, reason: `another app is named "${app.name}"` }] : []),
      ...(parseAppRef(app.name)?.kind === "port"
        ? [{ field: `${at}.name`, reason: `"${app.name}" is what a port is called: give it another name` }]
        : []),
      ...(typeof listener === "string" ? [{ field: `${at}.url`, reason: listener }] : []),
      ...(shareLevels.indexOf(app.share ?? "owner") > shareLevels.indexOf(app.max_share ?? "public")
        ? [{ field: `${at}.share`, reason: `it is shared with more (${app.share}) than max_share allows` }]
        : []),
    ];
    names.add(app.name);
    return problems;
  });
}
