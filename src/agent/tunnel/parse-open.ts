import { parseTerminal, parseTerminals } from "../terminals/parse-terminal.ts";
import { speedMsMax, type TunnelOpen, type TunnelService } from "../../contracts/tunnel.ts";

type Fields = Readonly<Record<string, unknown>>;

const portMax = 65_535;

/** What a stream is to lead to, and for whom; undefined for what is not understood. By hand, as `parseServerMessage` is. */
export function parseTunnelOpen(json: unknown): TunnelOpen | undefined {
  const { service, sessionId, userId, secret, targets } = fieldsOf(json);
  const wanted = parseService(service);
  if (wanted === undefined || typeof sessionId !== "string" || typeof userId !== "string") return undefined;
  if (secret !== null && typeof secret !== "string") return undefined;
  // A bound that is not known here is taken for the narrowest.
  const within = targets === undefined || targets === "any" ? "any" : "loopback";
  return { service: wanted, sessionId, userId, secret, targets: within };
}

function parseService(value: unknown): TunnelService | undefined {
  const { kind, host, port, path } = fieldsOf(value);
  if (kind === "ssh" || kind === "ports" || kind === "files" || kind === "echo" || kind === "image") return { kind };
  if (kind === "speed") return parseSpeed(fieldsOf(value));
  if (kind === "terminal") return parseTerminal(fieldsOf(value));
  if (kind === "terminals") return parseTerminals(fieldsOf(value));
  if (kind === "unix") return typeof path === "string" && /^~?\/[^\0]+$/.test(path) ? { kind, path } : undefined;
  if (kind !== "tcp" || typeof host !== "string" || typeof port !== "number") return undefined;
  return Number.isInteger(port) && port >= 1 && port <= portMax ? { kind, host, port } : undefined;
}

function parseSpeed({ direction, ms }: Fields): TunnelService | undefined {
  if ((direction !== "up" && direction !== "down") || typeof ms !== "number") return undefined;
  return Number.isInteger(ms) && ms >= 1 && ms <= speedMsMax ? { kind: "speed", direction, ms } : undefined;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
