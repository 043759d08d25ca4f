import { createHash } from "node:crypto";
import type { Random } from "../platform/random.ts";

const secretBytes = 32;

/** What a secret is for; it shows in its prefix, so that a leaked one is recognised. */
export type SecretKind = "session" | "api" | "agent" | "daemon" | "setup";

/** A fresh secret of 256 random bits, for example `pw_api_…`. Only its hash is stored. */
export function newSecret(random: Random, kind: SecretKind): string {
  return `pw_${kind}_${random.bytes(secretBytes).toString("base64url")}`;
}

/**
 * SHA-256 of a secret. A slow hash is for passwords, which people choose; these are random and long, and are
 * looked up by their hash at every request.
 */
export function hashSecret(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
