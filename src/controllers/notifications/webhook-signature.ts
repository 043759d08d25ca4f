import { createHmac } from "node:crypto";

/**
 * The headers by which a receiver knows who sent a webhook, when, and whether he has it already: the convention of
 * Standard Webhooks. The signature is HMAC-SHA256 over `id.timestamp.body`, its key what stands after `whsec_`, in base64.
 */
export function signatureHeaders(message: {
  readonly id: string;
  readonly at: Date;
  readonly body: string;
  readonly secret: string;
}): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(message.at.getTime() / 1000));
  const key = Buffer.from(message.secret.replace(/^whsec_/, ""), "base64");
  const signature = createHmac("sha256", key).update(`${message.id}.${timestamp}.${message.body}`).digest("base64");
  return {
    "webhook-id": message.id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
  };
}
