import { readFileSync } from "node:fs";
import path from "node:path";
import { CodedError } from "../../../contracts/errors.ts";

/** Where a Docker Engine listens. */
export type EngineAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly tls: EngineTls | null };

/** PEM texts, as `docker` keeps them in a folder. */
export interface EngineTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const plainPort = 2375;
const tlsPort = 2376;

/**
 * Reads a `DOCKER_HOST`: `unix:///path`, or `tcp://host[:port]`, which speaks TLS when there is a folder of
 * certificates (`ca.pem`, `cert.pem`, `key.pem`). Errors: `config_invalid`.
 */
export function engineAddress(text: string, certPath: string): EngineAddress {
  if (text.startsWith("unix://")) return { kind: "unix", path: text.slice("unix://".length) };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["tcp:", "http:", "https:"].includes(url.protocol) || url.hostname === "") {
    throw new CodedError("config_invalid", `The Docker host is "${text}"; it must be like unix:///path or tcp://host.`);
  }
  const tls = certPath === "" ? null : readCertificates(certPath);
  if (url.protocol === "https:" && tls === null) {
    throw new CodedError(
      "config_invalid",
      `The Docker host ${text} speaks TLS, and no folder of certificates is set.`,
      {
        next: "Set provisioner.docker_cert_path to the folder with ca.pem, cert.pem and key.pem.",
      },
    );
  }
  return {
    kind: "tcp",
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? (tls === null ? plainPort : tlsPort) : Number(url.port),
    tls,
  };
}

function readCertificates(folder: string): EngineTls {
  const read = (name: string): string => {
    const file = path.join(folder, name);
    try {
      return readFileSync(file, "utf8");
    } catch (cause) {
      throw new CodedError("config_invalid", `The certificate ${file} for the Docker host cannot be read.`, { cause });
    }
  };
  return { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
}

/** For messages; holds nothing secret. */
export function addressText(address: EngineAddress): string {
  if (address.kind === "unix") return `unix://${address.path}`;
  return `tcp://${address.host}:${address.port}${address.tls === null ? "" : " (TLS)"}`;
}
