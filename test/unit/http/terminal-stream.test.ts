import { expect, test } from "vitest";
import { codedReset } from "../../../src/tunnel/coded-reset.ts";
import { readTerminalWish } from "../../../src/http/terminals/terminal-socket.ts";
import { TunnelResetError } from "../../../src/tunnel/tunnel-duplex.ts";

const reset = (code: string, message: string): unknown => codedReset(new TunnelResetError({ code, message }));

test("an agent that knows no terminals is told as one of an earlier release", () => {
  // This is what it answers to a service that it does not know.
  expect(reset("tunnel_fault", "It is not known what is wanted.")).toMatchObject({ code: "agent_outdated" });
  expect(reset("forbidden", "No.")).toMatchObject({ code: "forbidden", message: "No." });
  expect(reset("tunnel_refused", "there is no folder /x")).toMatchObject({
    code: "conflict",
    message: "There is no folder /x.",
  });
});

test("an upgrade says which terminal, and how large the viewer's is", () => {
  const id = "0c2b4d0e-8a59-4c39-9d31-6f3f1f5a0b11";
  expect(readTerminalWish(id, {})).toMatchObject({
    agent: null,
    service: { cols: 80, rows: 24, from: null, isMade: true },
  });
  expect(readTerminalWish(id, { from: "7", cols: "120", agent: "main" })).toMatchObject({
    agent: "main",
    service: { cols: 120, from: 7, isMade: false },
  });
  for (const query of [
    { cols: "0" },
    { cols: "1001" },
    { rows: "x" },
    { from: "-1" },
    { name: "\n" },
    { app: "a b" },
  ]) {
    expect(() => readTerminalWish(id, query), JSON.stringify(query)).toThrow();
  }
  expect(() => readTerminalWish("one", {})).toThrow();
});
