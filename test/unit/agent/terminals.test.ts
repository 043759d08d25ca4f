import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { Terminals } from "../../../src/agent/terminals/terminals.ts";
import type { TerminalSession } from "../../../src/agent/terminals/terminal-session.ts";
import { type TerminalService, terminalsPerAgentMax } from "../../../src/contracts/terminals.ts";
import { ScriptedPty } from "../../support/scripted-pty.ts";
import { waitUntil } from "../../support/wait-until.ts";

const dayMs = 86_400_000;
const line = { send: () => undefined, end: () => undefined, cut: () => undefined };

function bed({ detachedMs = dayMs, terminalEndedMs = dayMs } = {}) {
  const ptys: ScriptedPty[] = [];
  let ownerId: string | null = "ada";
  const terminals = new Terminals({
    timing: { terminalEndedMs, terminalStallMs: dayMs, killGraceMs: 0 },
    detachedMs: () => detachedMs,
    now: () => new Date(0),
    ownerId: async () => ownerId,
    start: async () => {
      await Promise.resolve();
      const pty = new ScriptedPty();
      ptys.push(pty);
      return { pty, command: "sh", note: "" };
    },
  });
  const list = async (): Promise<number> => {
    const answer = await terminals.answer({ verb: "list" });
    return "terminals" in answer ? answer.terminals.length : -1;
  };
  return { terminals, ptys, list, own: (id: string | null) => (ownerId = id) };
}

function wish(id: string = randomUUID(), isMade = true): TerminalService {
  return { kind: "terminal", id, cols: 80, rows: 24, from: null, isMade, name: "", command: null };
}

const attach = (session: TerminalSession) => session.attach(line, { cols: 80, rows: 24, from: null, isNew: true });

test("two who ask for one terminal at once get the same", async () => {
  const { terminals, ptys } = bed();
  const id = randomUUID();
  const [one, other] = await Promise.all([terminals.find(wish(id)), terminals.find(wish(id))]);
  expect(one.session).toBe(other.session);
  expect([one.isNew, other.isNew, ptys.length]).toEqual([true, false, 1]);
});

test("one that nobody looks at is ended after its time, and one that somebody looks at is not", async () => {
  const { terminals, ptys, list } = bed({ detachedMs: 30 });
  const [left, kept] = [await terminals.find(wish()), await terminals.find(wish())];
  left.session.detach(attach(left.session));
  const viewer = attach(kept.session);
  await waitUntil("it is ended", () => ptys[0]?.isClosed);
  expect([ptys[1]?.isClosed, await list()]).toEqual([false, 1]);
  kept.session.detach(viewer);
  await terminals.endAll();
});

test("one whose program has ended is shown for a while, and makes room for another", async () => {
  const { terminals, ptys, list } = bed();
  const first = await terminals.find(wish());
  ptys[0]?.exit(5);
  const again = await terminals.find(wish(first.session.id, false));
  expect(again.session.info()).toMatchObject({ exitCode: 5 });
  for (let i = 1; i < terminalsPerAgentMax; i += 1) await terminals.find(wish());
  expect(await list()).toBe(terminalsPerAgentMax);
  await terminals.find(wish());
  expect(await list()).toBe(terminalsPerAgentMax);
  await expect(terminals.find(wish(first.session.id, false))).rejects.toThrow("any more");
  await expect(terminals.find(wish())).rejects.toThrow("16 terminals, its limit");
  await terminals.endAll();
  expect(ptys.slice(1).every(({ isClosed }) => isClosed)).toBe(true);
});

test("one whose program has ended is forgotten after its time", async () => {
  const { terminals, ptys, list } = bed({ terminalEndedMs: 30 });
  await terminals.find(wish());
  ptys[0]?.exit(0);
  await waitUntil("it is forgotten", async () => (await list()) === 0);
});

test("what is made while all are ended is ended, too", async () => {
  const { terminals, ptys } = bed();
  const made = terminals.find(wish());
  await terminals.endAll();
  await made.catch(() => undefined);
  expect(ptys.every(({ isClosed }) => isClosed)).toBe(true);
  await expect(terminals.find(wish())).rejects.toThrow("shutting down");
});

test("those of another owner are ended before anybody is answered", async () => {
  const { terminals, ptys, list, own } = bed();
  const { session } = await terminals.find(wish());
  own("grace");
  expect([await list(), ptys[0]?.isClosed]).toEqual([0, true]);
  await expect(terminals.find(wish(session.id, false))).rejects.toThrow("any more");
  own(null);
  await expect(terminals.find(wish())).rejects.toThrow("nobody owns");
});

test("one whose viewer does not come is ended, and one that somebody else has joined is not", async () => {
  const { terminals, ptys } = bed();
  terminals.abandon(await terminals.find(wish()));
  const joined = await terminals.find(wish());
  const viewer = attach(joined.session);
  terminals.abandon(joined);
  expect(ptys.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  joined.session.detach(viewer);
});
