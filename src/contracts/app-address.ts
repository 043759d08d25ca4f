import type { WorkspaceId } from "./ids.ts";

/**
 * Addresses of what workspaces serve over HTTP: `<app or port>-<workspace>[-<agent>].<apps host>`. A workspace is named by
 * its whole id, in 26 digits instead of 36: its name is told to nobody, it is found as by its id, and the label stays below
 * the 63 characters that there may be.
 */
export interface AppAddress {
  readonly what: AppRef;
  readonly workspaceId: WorkspaceId;
  /** From 1 on, in the order of the template. */
  readonly agentNumber: number;
}

/** An app of the template, or a port that nobody declared. */
export type AppRef =
  | { readonly kind: "app"; readonly name: string }
  | { readonly kind: "port"; readonly port: number; readonly isTls: boolean };

export const appNamePattern = "^[a-z0-9]+(-[a-z0-9]+)*$";
export const appNameLengthMax = 32;
/** Of the apps' addresses, where the server is only reached from its own machine: browsers resolve it by themselves. */
export const loopbackAppsHost = "apps.localhost";

/** In the query of an app's address: what a program is given instead of a token of a person. Never passed on to the app. */
export const appLinkParameter = "prewarm_token";
export const appLinkSecondsMax = 3_600;
export const appLinkSecondsUnlessSaid = 900;

const portMax = 65_535;
/** 128 bits by five: 26 digits of base 32, as `toString(32)` writes them. */
const idBase = 32;
const idDigits = 26;
const idMax = 2n ** 128n;
const labelPattern = /^([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)-([0-9a-v]{26})(?:-([1-9]))?$/;

export function appLabel({ what, workspaceId, agentNumber }: AppAddress): string {
  const digits = BigInt(`0x${workspaceId.replaceAll("-", "")}`)
    .toString(idBase)
    .padStart(idDigits, "0");
  return `${appRefText(what)}-${digits}${agentNumber === 1 ? "" : `-${agentNumber}`}`;
}

/** @returns undefined for digits that are no id. */
function idOf(digits: string): WorkspaceId | undefined {
  let id = 0n;
  for (const digit of digits) id = id * BigInt(idBase) + BigInt(Number.parseInt(digit, idBase));
  if (id >= idMax) return undefined;
  const hex = id.toString(16).padStart(32, "0");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5") as WorkspaceId;
}

/** `code`, `3000`, and `8443s` for a port that speaks TLS. */
export function appRefText(what: AppRef): string {
  return what.kind === "app" ? what.name : `${what.port}${what.isTls ? "s" : ""}`;
}

/** @returns undefined for a port that there is none of. */
export function parseAppRef(text: string): AppRef | undefined {
  const [, digits, tls] = /^(\d+)(s?)$/.exec(text) ?? [];
  if (digits === undefined) return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text) ? { kind: "app", name: text } : undefined;
  const port = Number(digits);
  return port >= 1 && port <= portMax ? { kind: "port", port, isTls: tls === "s" } : undefined;
}

/** Whether a `Host` is below the apps' one. */
export function isBelowAppsHost(host: string, appsHost: string): boolean {
  return nameOf(host).endsWith(`.${appsHost}`);
}

function nameOf(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
}

/**
 * Which app a request is for.
 * @param host the request's `Host`.
 * @returns `none`: it is not below the apps' host; `unknown`: it is, and names nothing.
 */
export function parseAppHost(
  host: string,
  appsHost: string,
): { readonly kind: "none" | "unknown" } | { readonly kind: "app"; readonly address: AppAddress } {
  if (!isBelowAppsHost(host, appsHost)) return { kind: "none" };
  const name = nameOf(host);
  const [, text, digits, nth] = labelPattern.exec(name.slice(0, -appsHost.length - 1)) ?? [];
  if (text === undefined || digits === undefined) return { kind: "unknown" };
  const [what, workspaceId] = [parseAppRef(text), idOf(digits)];
  if (what === undefined || workspaceId === undefined) return { kind: "unknown" };
  return { kind: "app", address: { what, workspaceId, agentNumber: Number(nth ?? 1) } };
}
