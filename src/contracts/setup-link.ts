/**
 * File of the data folder that holds the one-time set-up link while the administrator has no password, for the account of
 * the server alone. Whoever reads it could read the database's key beside it as well.
 */
export const setupLinkFileName = "setup-link";

export interface SetupLink {
  /** Base URL of the server. */
  readonly url: string;
  readonly secret: string;
}

/** The secret is in the fragment, which browsers never send. */
export function renderSetupLink({ url, secret }: SetupLink): string {
  return `${url}/setup#${secret}`;
}

/** Undefined for text that is no such link. */
export function parseSetupLink(text: string): SetupLink | undefined {
  const [, url, secret] = /^(https?:\/\/\S+)\/setup#([\w-]+)$/.exec(text.trim()) ?? [];
  return url === undefined || secret === undefined ? undefined : { url, secret };
}
