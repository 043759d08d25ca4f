// What travels, one release back: of the routes and frames of both releases, none says what the other cannot take.
import path from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import * as agentProtocol from "../../src/contracts/agent-protocol.ts";
import type { RouteDefinition } from "../../src/contracts/api/route.ts";
import { routes } from "../../src/contracts/api/routes.ts";
import { breaks } from "../support/contract-breaks.ts";
import { previousRelease } from "../support/previous-release.ts";

type Table = Readonly<Record<string, RouteDefinition>>;
const now: Table = routes;
const limitMs = 300_000;

let before: Table;
let agentBefore: typeof agentProtocol;

beforeAll(async () => {
  const contracts = path.join(previousRelease(), "dist/contracts");
  const load = async <Module>(file: string): Promise<Module> =>
    (await import(pathToFileURL(path.join(contracts, file)).href)) as Module;
  ({ routes: before } = await load<{ routes: Table }>("api/routes.js"));
  agentBefore = await load<typeof agentProtocol>("agent-protocol.js");
}, limitMs);

function compare(sender: object | undefined, receiver: object | undefined, isChecked: boolean): readonly string[] {
  return sender === undefined || receiver === undefined ? [] : breaks({ sender, receiver, isChecked });
}

/** Requests of one release's clients to the other's server, and the answers. */
function routeBreaks(clients: Table, servers: Table, of: (route: RouteDefinition) => boolean): readonly string[] {
  return Object.entries(clients).flatMap(([id, client]) => {
    if (!of(client)) return [];
    const server = servers[id];
    if (server === undefined) return [`${id} is gone`];
    const isSame = client.method === server.method && client.path === server.path;
    return [
      ...(isSame ? [] : [`${id} has moved`]),
      ...(["params", "query", "body"] as const).flatMap((part) =>
        compare(client[part], server[part], true).map((what) => `${id} ${part}${what}`),
      ),
      ...compare(server.response, client.response, false).map((what) => `${id} answer${what}`),
    ];
  });
}

/**
 * A daemon asks for forms again and again, and of a server of the release before learns that there is no such thing: that
 * server answers forms as it always has.
 */
const isAskedForAgain = (one: string): boolean => /^(leaseEvaluation|answerEvaluation) is gone$/.test(one);
/** What a server passes over is not known to it, and to whom it answers. */
const isPassedOver = (one: string): boolean => one === ': "metadata" is not known';

const isOfPrograms = ({ credential }: RouteDefinition): boolean => credential === "agent" || credential === "daemon";

describe("beside the release before", () => {
  test("everything that its clients, agents and daemons ask is answered as they need it", () => {
    expect(routeBreaks(before, now, () => true)).toEqual([]);
  });

  test("agents and daemons of this release get along with its servers", () => {
    expect(routeBreaks(now, before, isOfPrograms).filter((one) => !isAskedForAgain(one))).toEqual([]);
  });

  test("frames of agents and of commands are understood both ways, or passed over on purpose", () => {
    const names = ["AgentToServer", "ServerToAgent", "ExecFromClient", "ExecToClient"] as const;
    for (const name of names) {
      expect(compare(agentBefore[name], agentProtocol[name], true), name).toEqual([]);
      const unknown = compare(agentProtocol[name], agentBefore[name], true);
      expect(
        unknown.filter((one) => name !== "AgentToServer" || !isPassedOver(one)),
        name,
      ).toEqual([]);
    }
  });
});
