import type { LogEntry } from "../../src/platform/logger.ts";
import { Chance } from "./chance.ts";
import type { Operation } from "./operations.ts";
import { operationsOf } from "./operations.ts";
import { type Drawn, drawRequest } from "./request.ts";
import { type Answered, send } from "./send.ts";
import { type Role, roles, type World } from "./world.ts";

/** A request that takes longer hangs, and so does a server that answers nothing meanwhile. */
const requestMsMax = 10_000;
/** One that asks to be kept waiting may be; what becomes of the others meanwhile is looked at all the same. */
const heldMsMax = 300;
const settleEvery = 100;
/** How often a refused request is sent again before a change of rows is held against it: servers write by themselves, too. */
const repeats = 6;
const shownCharsMax = 300;

/** Codes of 503 that say what is so: nothing is broken. */
const soundFailures: ReadonlySet<string> = new Set(["agent_executable_unavailable", "too_many_waiters", "server_full"]);

export interface Finding {
  readonly what: string;
  readonly request: string;
  readonly answer: string;
  readonly cause: string;
}

export interface FuzzResult {
  readonly requests: number;
  readonly statuses: ReadonlyMap<number, number>;
  readonly slowestMs: number;
  /** Routes of which no request was granted: what is behind them was not reached. */
  readonly unreached: readonly string[];
  readonly findings: readonly Finding[];
}

export interface FuzzOptions {
  readonly requests: number;
  readonly seed: number;
  /** Not drawn: they would end the one who asks. */
  readonly except?: ReadonlySet<string>;
}

/** Sends requests, each drawn from the document that the server itself publishes, and looks at what becomes of it. */
export async function fuzzRequests(world: World, options: FuzzOptions): Promise<FuzzResult> {
  const document: unknown = await (await fetch(new URL("/api/v1/openapi.json", world.server.url))).json();
  const operations = operationsOf(document).filter(({ id }) => options.except?.has(id) !== true);
  const draw = { chance: new Chance(options.seed), known: world.known };
  const findings = new Map<string, Finding>();
  const statuses = new Map<number, number>();
  const reached = new Set<string>();
  let slowestMs = 0;
  for (let nth = 0; nth < options.requests; nth += 1) {
    if (nth % settleEvery === 0) await world.settle();
    const operation = draw.chance.oneOf(operations);
    const role = roleFor(operation, draw.chance);
    const drawn = drawRequest(operation, role, world.tokenOf(role), draw);
    const mark = await world.changes.mark();
    const isHeld = asksToWait(drawn);
    const answered = await send(world.server.url, drawn, isHeld ? heldMsMax : requestMsMax);
    if (isHeld && answered.kind === "hung") continue;
    if (answered.kind === "answer") {
      statuses.set(answered.status, (statuses.get(answered.status) ?? 0) + 1);
      if (answered.status < 300) reached.add(operation.id);
      slowestMs = Math.max(slowestMs, answered.elapsedMs);
    }
    const what =
      faultOf(answered) ?? forgottenBy(world, answered) ?? (await changeOf(world, drawn, { answered, mark }));
    if (what === null) continue;
    const finding = describe(world, { what, drawn, answered });
    const key = `${operation.id} ${what} ${finding.cause.slice(0, 60)}`;
    if (!findings.has(key)) findings.set(key, finding);
  }
  const unreached = operations.map(({ id }) => id).filter((id) => !reached.has(id));
  return { requests: options.requests, statuses, slowestMs, unreached, findings: [...findings.values()] };
}

function asksToWait({ operation, body }: Drawn): boolean {
  if (operation.id === "leaseJob" || operation.id === "leaseEvaluation") return true;
  return operation.id === "createWorkspace" && (body?.includes('"mode":"wait"') ?? false);
}

/** Mostly one who may be let in: what is refused at the door finds little. */
function roleFor({ credential }: Operation, chance: Chance): Role {
  if (chance.is(0.15)) return chance.oneOf(roles);
  if (credential === "daemon" || credential === "agent") return credential;
  return chance.oneOf<Role>(["administrator", "administrator", "template_admin", "member"]);
}

function faultOf(answered: Answered): string | null {
  if (answered.kind === "hung") return `no answer within ${requestMsMax / 1_000} s`;
  if (answered.kind === "closed" || answered.status < 500) return null;
  return soundFailures.has(codeOf(answered.body)) ? null : `answered ${answered.status}`;
}

/** A value that only the database found wrong is answered 400 as well; it was to be refused before. */
function forgottenBy(world: World, answered: Answered): string | null {
  if (answered.kind !== "answer" || answered.status !== 400) return null;
  return loggedOf(world, answered.body) === undefined ? null : "was refused by the database alone";
}

function loggedOf(world: World, body: string): LogEntry | undefined {
  const id = /"requestId":"([^"]+)"/.exec(body)?.[1];
  return id === undefined
    ? undefined
    : world.server.logger.entries.findLast(({ fields }) => fields["requestId"] === id);
}

function codeOf(body: string): string {
  return /"code":"(\w+)"/.exec(body)?.[1] ?? "";
}

interface Before {
  readonly answered: Answered;
  readonly mark: number;
}

async function changeOf(world: World, drawn: Drawn, { answered, mark }: Before): Promise<string | null> {
  if (!isRefusal(answered)) return null;
  let always = new Set(await world.changes.changedSince(mark));
  for (let nth = 0; nth < repeats && always.size > 0; nth += 1) {
    const before = await world.changes.mark();
    const again = await send(world.server.url, drawn, requestMsMax);
    if (!isRefusal(again)) return null;
    const changed = await world.changes.changedSince(before);
    const alone = await changedMeanwhile(world);
    always = new Set([...always].filter((name) => changed.includes(name) && !alone.includes(name)));
  }
  return always.size === 0 ? null : `was refused, and changed ${[...always].join(", ")}`;
}

/** What changes while a request is made that has nothing to do with it. */
async function changedMeanwhile(world: World): Promise<readonly string[]> {
  const before = await world.changes.mark();
  await fetch(new URL("/readyz", world.server.url));
  return await world.changes.changedSince(before);
}

function isRefusal(answered: Answered): boolean {
  return answered.kind === "answer" && answered.status >= 400 && answered.status < 500;
}

function describe(
  world: World,
  { what, drawn, answered }: { readonly what: string; readonly drawn: Drawn; readonly answered: Answered },
): Finding {
  const { role, method, target, body } = drawn;
  const answer = answered.kind === "answer" ? answered.body : answered.kind;
  return {
    what,
    request: `${role}: ${method} ${target.slice(0, shownCharsMax)} ${(body ?? "").toString().slice(0, shownCharsMax)}`,
    answer: answer.slice(0, shownCharsMax),
    cause: String(loggedOf(world, answer)?.fields["cause"] ?? "").slice(0, 2 * shownCharsMax),
  };
}
