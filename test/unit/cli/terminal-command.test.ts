import { describe, expect, it } from "vitest";
import { TerminalName } from "../../../src/cli/exec/terminal-command.ts";

describe("a terminal's name is taken out of the output, and all else is shown", () => {
  const whole = Buffer.from("typed\u001eno\u001enonce/dev/pts/3\u001e$ hello \u001e");

  it.each([1, 3, 8, 100])("in pieces of %i bytes", (size) => {
    const name = new TerminalName("nonce");
    let shown = "";
    for (let at = 0; at < whole.length; at += size) shown += name.take(whole.subarray(at, at + size)).toString();
    expect(shown).toBe("typed\u001eno$ hello \u001e");
    expect(name.name).toBe("/dev/pts/3");
  });

  it("also when there is none", () => {
    const name = new TerminalName("nonce");
    expect(name.take(Buffer.from("sh: not found\n")).toString()).toBe("sh: not found\n");
    expect(name.name).toBeUndefined();
  });
});
