import { createTransport } from "nodemailer";
import type { Mail } from "../../domain/notifications/render.ts";
import { within } from "../../platform/within.ts";

export interface MailOptions {
  readonly host: string;
  readonly port: number;
  /** `starttls` refuses to go on when the server does not offer it; `none` is for a server on the same machine. */
  readonly tls: "starttls" | "tls" | "none";
  /** Null: without authentication. */
  readonly login: { readonly username: string; readonly password: string } | null;
  readonly from: string;
  /** Certificate authorities in PEM, instead of the well-known ones. */
  readonly ca: string | null;
  readonly sendMsMax?: number;
}

export interface OutgoingMail extends Mail {
  /** The same at each attempt, so that a receiver can drop what he has. */
  readonly id: string;
  readonly to: string;
  readonly at: Date;
}

export interface MailTransport {
  /** Resolves when the mail server has taken the mail; rejects with its reason. */
  send(mail: OutgoingMail): Promise<void>;
  close(): void;
}

const connectTimeoutMs = 10_000;
const socketTimeoutMs = 15_000;
/** For a whole mail, also where the server says something now and then and never comes to an end. */
const sendMsMaxDefault = 60_000;

/** Mail over SMTP. It opens no connection before the first mail. */
export function createMailTransport(options: MailOptions): MailTransport {
  const sendMsMax = options.sendMsMax ?? sendMsMaxDefault;
  const transport = createTransport({
    host: options.host,
    port: options.port,
    secure: options.tls === "tls",
    requireTLS: options.tls === "starttls",
    ignoreTLS: options.tls === "none",
    ...(options.login === null ? {} : { auth: { user: options.login.username, pass: options.login.password } }),
    ...(options.ca === null ? {} : { tls: { ca: options.ca } }),
    connectionTimeout: connectTimeoutMs,
    greetingTimeout: connectTimeoutMs,
    socketTimeout: socketTimeoutMs,
    dnsTimeout: connectTimeoutMs,
    // What a text holds is never taken for a file or an address to read.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async (mail) => {
      const sent = transport.sendMail({
        from: options.from,
        // As an object: a name or an address is never parsed for further addresses.
        to: { name: "", address: mail.to },
        subject: mail.subject,
        text: mail.plain,
        html: mail.html,
        date: mail.at,
        messageId: `<${mail.id}@${domainOf(options.from)}>`,
        headers: { "Auto-Submitted": "auto-generated" },
      });
      await within(sent, sendMsMax, () => new Error(`the mail server did not take it within ${sendMsMax / 1_000} s`));
    },
    close: () => transport.close(),
  };
}

function domainOf(from: string): string {
  return /@([\w.-]+)/.exec(from)?.[1] ?? "prewarm.invalid";
}
