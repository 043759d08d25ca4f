import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

/** Of a mail server of tests, on this machine; it protects nothing. Valid from 2020 to 2120. */
const privateKey = `
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKVJGiGKWfig9xe4K
gPMk96o1EIQbmxSd2F9jFDkapSuhRANCAATdbYTVFLwwBWJmlsZjoOkLumIRXhyQ
qB/Br36jm68Na0Q8JoQ2n9iL3eyn5btlcoHKl3ZyOyUNYP7uhsyRQjpU
-----END PRIVATE KEY-----
`;
export const mailServerCertificate = `
-----BEGIN CERTIFICATE-----
MIIBZzCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABN1thNUUvDAFYmaW
xmOg6Qu6YhFeHJCoH8GvfqObrw1rRDwmhDaf2Ivd7Kflu2VygcqXdnI7JQ1g/u6G
zJFCOlSjTjBMMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAPBgNVHRMBAf8E
BTADAQH/MB0GA1UdDgQWBBStK80GYDbjvq3Sh1WQQ4dXDg8QqjAKBggqhkjOPQQD
AgNIADBFAiEA8RN2v6FFKFtTQinHYDzIeRi91gSPtxgSFGAu4dGpEwUCIAhmEvsU
RnGZXE2qtCdnSp8IBEaabnhymLC/XRsfdOWf
-----END CERTIFICATE-----
`;

export const mailLogin = { username: "prewarm", password: "mail secret" };

export interface ReceivedMail {
  readonly to: readonly string[];
  readonly isEncrypted: boolean;
  readonly user: string | undefined;
  /** Headers and body as they came, with the soft line breaks of quoted-printable undone. */
  readonly text: string;
  readonly messageId: string;
  readonly subject: string;
}

export interface MailServer {
  readonly port: number;
  readonly mails: ReceivedMail[];
  /** Answers the next so many mails with a passing failure. */
  failNext(count: number): void;
  close(): Promise<void>;
}

/** A real SMTP server in this process. It wants STARTTLS and authentication unless said. */
export async function startMailServer(
  options: { readonly tls?: "starttls" | "tls" | "none"; readonly isLoginNeeded?: boolean } = {},
): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  let failures = 0;
  const tls = options.tls ?? "starttls";
  const server = new SMTPServer({
    secure: tls === "tls",
    key: privateKey,
    cert: mailServerCertificate,
    logger: false,
    authOptional: options.isLoginNeeded === false,
    disabledCommands: tls === "starttls" ? [] : ["STARTTLS"],
    onAuth: ({ username, password }, _session, done) => {
      const isRight = username === mailLogin.username && password === mailLogin.password;
      if (isRight) done(null, { user: username });
      else done(new Error("wrong user name or password"));
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        if (failures > 0) {
          failures -= 1;
          done(Object.assign(new Error("try again later"), { responseCode: 451 }));
          return;
        }
        const text = Buffer.concat(chunks).toString().replaceAll("=\r\n", "").replaceAll("=3D", "=");
        mails.push({
          to: session.envelope.rcptTo.map(({ address }) => address),
          isEncrypted: session.secure,
          user: session.user as string | undefined,
          text,
          messageId: /^message-id: *<(.+)>/im.exec(text)?.[1] ?? "",
          subject: /^subject: *(.*(?:\r\n[ \t].*)*)/im.exec(text)?.[1]?.replaceAll(/\r\n[ \t]+/g, " ") ?? "",
        });
        done();
      });
    },
  });
  // Clients that give up a connection are part of the tests.
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    failNext: (count) => {
      failures = count;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
