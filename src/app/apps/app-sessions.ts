import { createHash } from "node:crypto";
import type { TokenId } from "../../contracts/ids.ts";
import type { AppContext } from "../app-context.ts";

/** From the server's own page to the app's: the browser goes there at once. */
const codeMs = 60_000;
/** Without a visit. Each renews it, and the person's session or token ends it at once. */
export const appSessionMs = 24 * 3_600_000;
/** A session that is older is renewed with the answer. */
const renewMs = 600_000;

type Signing = Pick<AppContext, "signer" | "clock">;

/**
 * What brings a person's browser from the server's own pages, where it has a session, to one app's, which never see that
 * session. It is of use to the browser alone that began, by the nonce that the app's host gave it.
 */
export interface AppCode {
  readonly tokenId: TokenId;
  /** `Host` of the app's address. */
  readonly host: string;
  readonly nonceHash: string;
  readonly endsAt: number;
}

export function hashNonce(nonce: string): string {
  return createHash("sha256").update(nonce).digest("base64url");
}

export function mintAppCode({ signer, clock }: Signing, code: Omit<AppCode, "endsAt">): string {
  return signer.sign("app code", { ...code, endsAt: clock.now().getTime() + codeMs });
}

/** @returns whose it is, when it is for this host and came back with its own nonce. */
export function readAppCode(
  { signer, clock }: Signing,
  text: string,
  at: { readonly host: string; readonly nonce: string },
): TokenId | undefined {
  const code = signer.read("app code", text) as AppCode | undefined;
  if (code === undefined || code.host !== at.host || code.nonceHash !== hashNonce(at.nonce)) return undefined;
  return code.endsAt > clock.now().getTime() ? code.tokenId : undefined;
}

/** The cookie of an app's host: it names the session or token behind it, which is looked up with each request. */
interface AppSession {
  readonly tokenId: TokenId;
  readonly host: string;
  readonly madeAt: number;
}

export function mintAppSession({ signer, clock }: Signing, session: Omit<AppSession, "madeAt">): string {
  return signer.sign("app session", { ...session, madeAt: clock.now().getTime() });
}

export function readAppSession(
  { signer, clock }: Signing,
  text: string,
  host: string,
): { readonly tokenId: TokenId; readonly isToBeRenewed: boolean } | undefined {
  const session = signer.read("app session", text) as AppSession | undefined;
  if (session === undefined || session.host !== host) return undefined;
  const ageMs = clock.now().getTime() - session.madeAt;
  if (ageMs > appSessionMs) return undefined;
  return { tokenId: session.tokenId, isToBeRenewed: ageMs > renewMs };
}

/** What an address brings along that programs are given: it names the session or token behind it, as a cookie does. */
export interface AppLink {
  readonly tokenId: TokenId;
  /** Of the app's address: the same on every server. */
  readonly label: string;
  readonly endsAt: number;
}

export function mintAppLink({ signer }: Signing, link: AppLink): string {
  return signer.sign("app link", link);
}

/** @returns whose it is, while it is for this app. */
export function readAppLink({ signer, clock }: Signing, text: string, label: string): AppLink | undefined {
  const link = signer.read("app link", text) as AppLink | undefined;
  return link?.label === label && link.endsAt > clock.now().getTime() ? link : undefined;
}
