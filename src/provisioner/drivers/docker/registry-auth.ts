import { readFile } from "node:fs/promises";
import { CodedError } from "../../../contracts/errors.ts";

const hub = "docker.io";
/** Names under which credentials for the registry of names without a host are kept. */
const hubNames: readonly string[] = [hub, "index.docker.io", "https://index.docker.io/v1/", "registry-1.docker.io"];

/** An image's name in its parts; `registry` is the host that `docker pull` would ask. */
export function imageReference(image: string): {
  readonly registry: string;
  readonly name: string;
  /** A tag, or a digest (`sha256:…`); `latest` unless said. */
  readonly tag: string;
} {
  const [path = "", digest] = image.split("@");
  const first = path.split("/")[0] ?? "";
  const isHost = path.includes("/") && (/[.:]/.test(first) || first === "localhost");
  const colon = path.lastIndexOf(":");
  const hasTag = colon > path.lastIndexOf("/");
  return {
    registry: isHost ? first : hub,
    name: hasTag ? path.slice(0, colon) : path,
    tag: digest ?? (hasTag ? path.slice(colon + 1) : "latest"),
  };
}

/**
 * The header with which the engine is given a registry's credentials, from a file in the shape of Docker's own
 * `config.json` (`auths` only; credential helpers are programs of somebody's desktop). Read at each pull, so that
 * tokens that are renewed are seen. None when the file has none for this registry. Errors: `config_invalid`.
 */
export async function registryHeaders(image: string, authFile: string): Promise<Readonly<Record<string, string>>> {
  if (authFile === "") return {};
  const { registry } = imageReference(image);
  const auths = await readAuths(authFile);
  const names = registry === hub ? hubNames : [registry, `https://${registry}`];
  const found = names.map((name) => auths[name]).find((auth) => auth !== undefined);
  if (found === undefined) return {};
  const [username = "", ...password] = Buffer.from(found, "base64").toString("utf8").split(":");
  const header = { username, password: password.join(":"), serveraddress: registry };
  return { "x-registry-auth": Buffer.from(JSON.stringify(header)).toString("base64url") };
}

async function readAuths(file: string): Promise<Readonly<Record<string, string>>> {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    const auths = typeof value === "object" && value !== null && "auths" in value ? value.auths : {};
    return Object.fromEntries(
      Object.entries(typeof auths === "object" && auths !== null ? auths : {}).flatMap(
        ([name, entry]: [string, unknown]) =>
          typeof entry === "object" && entry !== null && "auth" in entry ? [[name, String(entry.auth)]] : [],
      ),
    );
  } catch (cause) {
    throw new CodedError("config_invalid", `The file of registry credentials, ${file}, cannot be read.`, {
      cause,
      next: 'It must be like Docker\'s config.json: { "auths": { "HOST": { "auth": "BASE64 OF USER:PASSWORD" } } }.',
    });
  }
}
