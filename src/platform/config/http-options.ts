import { type AddressRanges, noAddresses, parseAddressRanges } from "../network/address-ranges.ts";
import { forwardTargets } from "../../contracts/forward-targets.ts";
import { shareLevels } from "../../contracts/share-levels.ts";
import { booleanOption, durationOption, enumOption, integerOption, type Option, stringOption } from "./option.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

function trustedProxiesOption(): Option<AddressRanges> {
  const text = stringOption({
    name: "http.trusted_proxies",
    default: "",
    description:
      "Addresses of the reverse proxies in front of the server, with commas between them, such as `10.0.0.0/8, fd00::/8`. Only their `X-Forwarded-For` is believed: whoever it names last that is none of them is the caller, to whom the limits by address apply. Without it the caller is whoever made the connection.",
  });
  return {
    ...text,
    expected: "addresses or ranges such as 10.0.0.0/8, with commas between them",
    default: noAddresses,
    parse: parseAddressRanges,
  };
}

/** Where the SSH gateway listens. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

function parseListenAddress(text: string): ListenAddress | null | undefined {
  if (text === "") return null;
  const [, bracketed, plain, port = ""] = /^(?:\[([0-9a-fA-F:.]+)\]|([^[\]:\s]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) };
}

function sshListenOption(): Option<ListenAddress | null> {
  const text = stringOption({
    name: "ssh.listen",
    default: "",
    description:
      "Address and port of the SSH gateway, such as `0.0.0.0:2222`, through which people without the command line jump into their workspaces (`ssh -J`). Unless said there is none.",
  });
  return {
    ...text,
    expected: "an address and a port, such as 127.0.0.1:2222",
    default: null,
    parse: parseListenAddress,
  };
}

/** How much one caller may hold of a server. Each server counts its own. */
export const httpOptions = {
  httpTrustedProxies: trustedProxiesOption(),
  httpConnectionsPerAddressMax: integerOption({
    name: "http.connections_per_address",
    default: 2_000,
    min: 10,
    max: 1_000_000,
    description:
      "Most connections at once from one address (of IPv6: from one /64). Those of agents, once they are known to be that, and of `http.trusted_proxies` do not count. More are answered 429.",
  }),
  httpHeldPerAddressMax: integerOption({
    name: "http.held_per_address",
    default: 1_000,
    min: 1,
    max: 1_000_000,
    description: "Event streams, and commands (`prewarm exec`), that one address may have open, each.",
  }),
  httpStreamsPerPersonMax: integerOption({
    name: "http.streams_per_person",
    default: 100,
    min: 1,
    max: 100_000,
    description: "Event streams, followed logs among them, that one person may have open on one server.",
  }),
  httpCommandsPerPersonMax: integerOption({
    name: "http.commands_per_person",
    default: 100,
    min: 1,
    max: 100_000,
    description: "Commands (`prewarm exec`) that one person may have open on one server.",
  }),
  httpTunnelsPerPersonMax: integerOption({
    name: "http.tunnels_per_person",
    default: 500,
    min: 1,
    max: 100_000,
    description:
      "Streams into workspaces (`prewarm port-forward`, `prewarm terminal`) that one person may have open on one server.",
  }),
  httpOpeningsPerMinuteMax: integerOption({
    name: "http.openings_per_minute",
    default: 600,
    min: 0,
    max: 10_000_000,
    description:
      "Streams and commands that one person may open, and addresses of apps that he may make, in a minute through one server, those that are refused included, those that are taken up again not; 0 for no limit.",
  }),
  auditAccess: booleanOption({
    name: "audit.access",
    default: true,
    description:
      "Whether the audit log tells who got into which workspace, by which door, from where, for how long, and how many bytes went each way.",
  }),
  accessAppsHost: stringOption({
    name: "access.apps_host",
    default: "",
    description:
      "Domain below which apps and ports of workspaces have their addresses, such as `apps.example.com`, with `:8443` where it has a port of its own; `*.apps.example.com` is to lead to the server. Best below another domain than the server's. Unless said: `apps.localhost` while the server is only reached from its own machine, else none.",
  }),
  accessMaxShare: enumOption({
    name: "access.max_share",
    default: "authenticated",
    choices: shareLevels,
    description:
      "With whom people may share their apps and ports at most: `owner` (nobody), `organization`, `authenticated` (whoever can sign in), `public`.",
  }),
  sshListen: sshListenOption(),
  accessForwardTargets: enumOption({
    name: "access.forward_targets",
    default: "any",
    choices: forwardTargets,
    description:
      "Where forwards of people (`ssh -L`, `-D`, `-W`, `prewarm port-forward`) may lead from their workspaces: `any`, wherever the workspace gets; `loopback`, to its own `localhost` only. Programs in a workspace are not bounded by it. Apps and shared ports are always on `localhost`.",
  }),
  httpCommandIdleMs: durationOption({
    name: "http.command_idle",
    default: 8 * hourMs,
    min: 0,
    max: 20 * 24 * hourMs,
    description:
      "Time without a byte of input or output after which a command (`prewarm exec`) is ended; 0 for never. One whose other end is gone is noticed within 20 s anyway.",
  }),
};
