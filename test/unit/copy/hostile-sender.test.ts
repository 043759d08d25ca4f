// What a workspace that means ill could send to the machine of whoever copies from it, and the other way round.
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { CopyChannel, type CopyControl, copyHeaderBytes } from "../../../src/platform/copy/copy-records.ts";
import { receiveTree } from "../../../src/platform/copy/receive-tree.ts";

let outside: string;
let target: string;

beforeEach(() => {
  outside = mkdtempSync(path.join(tmpdir(), "prewarm-copy-"));
  target = path.join(outside, "target");
  mkdirSync(target);
  onTestFinished(() => rmSync(outside, { recursive: true, force: true }));
});

type Sent = CopyControl | string;
const folder = (name: string): CopyControl => ({ kind: "folder", name, mode: 0o755, mtimeMs: 0 });
const file = (name: string): readonly Sent[] => [
  { kind: "file", name, mode: 0o4755, mtimeMs: 0 },
  "evil",
  { kind: "end", reason: null },
];
const root: readonly Sent[] = [{ kind: "source", index: 0 }, folder("")];
const leave: CopyControl = { kind: "leave" };

/** What comes of it: the problems that were told, or the failure. */
async function receive(...sent: readonly Sent[]): Promise<readonly string[] | string> {
  const stream = new PassThrough();
  const channel = new CopyChannel(stream);
  const problems: string[] = [];
  const received = receiveTree({
    channel,
    places: [target],
    onProblem: (_, reason) => void problems.push(reason),
    tally: { files: 0, bytes: 0, skipped: 0 },
  }).then(
    () => problems,
    (error: Error) => error.message,
  );
  for (const each of sent) {
    if (typeof each === "string") await channel.sendData(Buffer.from(`${" ".repeat(copyHeaderBytes)}${each}`));
    else await channel.send(each);
  }
  channel.end();
  return await received;
}

test.each([
  "..",
  ".",
  "",
  "a/b",
  "/etc",
  "../x",
  "x\0y",
  "n".repeat(256),
])("a file, a folder and a link with the name %j are refused, and nothing is written", async (name) => {
  expect(await receive(...root, ...file(name))).toMatch(/name is refused/);
  expect(await receive(...root, folder(name))).toMatch(/name is refused/);
  expect(await receive(...root, { kind: "link", name, target: "x" })).toMatch(/name is refused/);
  expect(readdirSync(outside)).toEqual(["target"]);
  expect(readdirSync(target)).toEqual([]);
});

test.each([
  "/etc/passwd",
  "..",
  "../x",
  "a/../../..",
  "a/..",
  "up/../..",
  "",
  "x\0y",
])("a link to %j is refused", async (to) => {
  expect(await receive(...root, { kind: "link", name: "link", target: to })).toMatch(/leads out/);
  expect(readdirSync(target)).toEqual([]);
});

test("a link goes up as far as to the root of what is copied, and not by way of another link", async () => {
  const up: CopyControl = { kind: "link", name: "up", target: "../x" };
  expect(await receive(...root, folder("a"), up, leave, leave, { kind: "sent" })).toEqual([]);
  const out: CopyControl = { kind: "link", name: "out", target: "up/.." };
  expect(await receive(...root, folder("a"), out)).toMatch(/leads out/);
});

test("nothing is written through a link that is there, whoever has made it", async () => {
  const victim = path.join(outside, "victim");
  mkdirSync(victim);
  writeFileSync(path.join(victim, "kept"), "kept");
  symlinkSync(victim, path.join(target, "folder"));
  symlinkSync(path.join(victim, "kept"), path.join(target, "kept"));
  const problems = await receive(...root, folder("folder"), ...file("kept"), leave, ...file("kept"), { kind: "sent" });
  expect(problems).toEqual(["a link is there instead of a folder"]);
  expect(readFileSync(path.join(victim, "kept"), "utf8")).toBe("kept");
  expect(readFileSync(path.join(target, "kept"), "utf8")).toBe("evil");
});

test("a link that was sent before is not entered, nor is a folder replaced by a link", async () => {
  const link: CopyControl = { kind: "link", name: "b", target: "a" };
  const sent = [
    ...root,
    folder("a"),
    leave,
    link,
    folder("b"),
    ...file("x"),
    leave,
    { ...link, name: "a", target: "c" },
  ];
  expect(await receive(...(sent as Sent[]), { kind: "sent" })).toEqual([
    "a link is there instead of a folder",
    "there is a folder of that name",
  ]);
  expect(readdirSync(path.join(target, "a"))).toEqual([]);
});

test("neither a set-user-id bit is taken over, nor half a file kept", async () => {
  expect(await receive(...root, ...file("x"), { kind: "sent" })).toEqual([]);
  expect(lstatSync(path.join(target, "x")).mode & 0o7777).toBe(0o755);
  const [begin, content] = file("y") as [Sent, Sent];
  expect(await receive(...root, begin, content)).toMatch(/ended before/);
  expect(await receive(...root, begin, content, { kind: "end", reason: "the disk fails" }, { kind: "sent" })).toEqual(
    [],
  );
  expect(readdirSync(target)).toEqual(["x"]);
});

test.each<readonly [string, readonly Sent[]]>([
  ["content without a file", [...root, "x"]],
  ["a folder within a file", [...root, { kind: "file", name: "x", mode: 0, mtimeMs: 0 }, folder("y")]],
  ["leaving what was not entered", [leave]],
  ["a file of no source", [...file("x")]],
  ["a source that was not asked for", [{ kind: "source", index: 1 }, ...file("x")]],
  ["a source that is no number", [{ kind: "source", index: "length" as never }, ...file("x")]],
])("%s is not understood", async (_, sent) => {
  expect(await receive(...sent)).toMatch(/not understood/);
});

test("folders within each other have an end", async () => {
  expect(await receive(...root, ...Array.from({ length: 300 }, () => folder("d")))).toMatch(/too many folders/);
});
