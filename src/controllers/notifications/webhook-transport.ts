import { lookup, type LookupAddress } from "node:dns";
import http from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import { addressOfHost, isPublicAddress } from "../../platform/network/public-address.ts";
import { signatureHeaders } from "./webhook-signature.ts";

/** All addresses of a name, as the system's resolver has them at this moment. */
export type Resolve = (
  hostname: string,
  done: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

export interface WebhookOptions {
  /** Whether targets may be on this machine or in its private networks. */
  readonly isPrivateAllowed: boolean;
  readonly timeoutMs?: number;
  readonly resolve?: Resolve;
}

export interface OutgoingWebhook {
  /** The same at each attempt, so that a receiver can drop what he has. */
  readonly id: string;
  readonly url: string;
  readonly secret: string;
  readonly body: string;
  /** When it is sent. */
  readonly at: Date;
}

export interface WebhookTransport {
  /** Resolves when the target has answered 2xx; rejects with the reason. */
  send(webhook: OutgoingWebhook): Promise<void>;
}

const timeoutMsDefault = 10_000;

/**
 * Posts JSON to targets that administrators named. The address is checked where the connection is made: what the check
 * has seen is what is connected to, so a name that answers differently the second time gains nothing. Redirects are
 * not followed, and no proxy is asked.
 */
export function createWebhookTransport(options: WebhookOptions): WebhookTransport {
  return { send: (webhook) => post(webhook, options) };
}

function post(webhook: OutgoingWebhook, options: WebhookOptions): Promise<void> {
  const url = new URL(webhook.url);
  const timeoutMs = options.timeoutMs ?? timeoutMsDefault;
  const literal = addressOfHost(url.hostname);
  const refusal = literal === undefined ? null : refusalOfAddresses([literal], options);
  if (refusal !== null) return Promise.reject(refusal);
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === "https:" ? https : http;
    const outgoing = request(url, {
      method: "POST",
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
      lookup: guardedLookup(options),
      headers: {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(webhook.body),
        "user-agent": "prewarm-webhook",
        ...signatureHeaders(webhook),
      },
    });
    outgoing.once("response", (response) => {
      const status = response.statusCode ?? 0;
      // Nobody reads the answer; a target that sends without end must not keep us.
      response.destroy();
      if (status >= 200 && status < 300) resolve();
      else reject(new Error(answerOf(status)));
    });
    // Stays for as long as the socket: an error behind the answer has nobody else to hear it.
    outgoing.on("error", (error) => {
      reject(error.name === "TimeoutError" || error.name === "AbortError" ? tooSlow(timeoutMs, error) : error);
    });
    outgoing.end(webhook.body);
  });
}

function answerOf(status: number): string {
  const isRedirect = status >= 300 && status < 400;
  return `the target answered ${status}${isRedirect ? ", a redirect, which is not followed: name the last address" : ""}`;
}

function tooSlow(timeoutMs: number, cause: Error): Error {
  return new Error(`the target did not answer within ${timeoutMs / 1000} s`, { cause });
}

function guardedLookup(options: WebhookOptions): LookupFunction {
  const resolve = options.resolve ?? resolveAll;
  return (hostname, { all }, done) => {
    resolve(hostname, (error, addresses) => {
      const [first] = addresses;
      const refusal = error ?? refusalOf(hostname, addresses, options);
      if (refusal !== null || first === undefined) done(refusal, "", 0);
      else if (all === true) done(null, [...addresses]);
      else done(null, first.address, first.family);
    });
  };
}

function resolveAll(hostname: string, done: Parameters<Resolve>[1]): void {
  // An error comes without addresses, whatever the types say.
  lookup(hostname, { all: true }, (error, addresses) => done(error, error === null ? addresses : []));
}

function refusalOf(hostname: string, addresses: readonly LookupAddress[], options: WebhookOptions): Error | null {
  if (addresses.length === 0) return new Error(`${hostname} has no address`);
  return refusalOfAddresses(
    addresses.map(({ address }) => address),
    options,
  );
}

/** One private address among several is enough to refuse: which of them is taken is chance. */
function refusalOfAddresses(addresses: readonly string[], { isPrivateAllowed }: WebhookOptions): Error | null {
  const refused = isPrivateAllowed ? undefined : addresses.find((address) => !isPublicAddress(address));
  if (refused === undefined) return null;
  return new Error(
    `the target's address ${refused} is private or reserved; notifications.webhook.allow_private allows such targets`,
  );
}
