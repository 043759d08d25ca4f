// SFTP as packets: what a client may send, and what it must not be able to do by it.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { extensions } from "../../../src/agent/ssh/sftp/extensions.ts";
import { FieldReader, FieldWriter } from "../../../src/agent/ssh/sftp/fields.ts";
import { PacketFault, PacketReader } from "../../../src/agent/ssh/sftp/packet-reader.ts";
import { type Paths, pathsFrom } from "../../../src/agent/ssh/sftp/paths.ts";
import {
  handlesMax,
  openFlag,
  packetBytesMax,
  reply,
  request,
  requestsMax,
  status,
} from "../../../src/agent/ssh/sftp/protocol.ts";
import { serveSftp } from "../../../src/agent/ssh/sftp/serve-sftp.ts";
import { SftpSession } from "../../../src/agent/ssh/sftp/sftp-session.ts";
import { type Random, seededRandom } from "../../../src/platform/random.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "prewarm-sftp-"));
  writeFileSync(path.join(home, "file"), "0123456789");
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

type Fill = (fields: FieldWriter) => FieldWriter;

function packet(kind: number, id: number, fill: Fill): Buffer {
  return fill(new FieldWriter().u8(kind).u32(id)).whole;
}

const begin = new FieldWriter().u8(request.init).u32(3).whole;

interface Answer {
  readonly kind: number;
  readonly id: number;
  readonly fields: FieldReader;
}

function read(whole: Buffer): Answer {
  const fields = new FieldReader(whole.subarray(4));
  expect(whole.readUInt32BE(0)).toBe(whole.length - 4);
  return { kind: fields.u8(), id: fields.u32(), fields };
}

async function session(paths: Paths = pathsFrom(home)): Promise<SftpSession> {
  const made = new SftpSession(paths);
  const told = read(await made.answer(begin));
  expect(told).toMatchObject({ kind: reply.version, id: 3 });
  return made;
}

async function ask(to: SftpSession, kind: number, fill: Fill): Promise<Answer> {
  return read(await to.answer(packet(kind, 7, fill)));
}

async function statusOf(to: SftpSession, kind: number, fill: Fill): Promise<{ code: number; text: string }> {
  const { kind: answered, fields } = await ask(to, kind, fill);
  expect(answered).toBe(reply.status);
  return { code: fields.u32(), text: fields.bytes().toString() };
}

const none: Fill = (fields) => fields.u32(0);

async function open(to: SftpSession, name: string, flags: number): Promise<Buffer> {
  const { kind, fields } = await ask(to, request.open, (out) => none(out.text(name).u32(flags)));
  expect(kind).toBe(reply.handle);
  return fields.bytes();
}

test("packets are cut from any pieces, and one that is too long or empty is a fault at its length", () => {
  const packets = [Buffer.from("a"), Buffer.alloc(70_000, "b"), Buffer.from("cc")];
  const whole = Buffer.concat(packets.map((one) => new FieldWriter().bytes(one).whole));
  for (const size of [1, 3, 1_000, whole.length]) {
    const reader = new PacketReader();
    const came: Buffer[] = [];
    for (let at = 0; at < whole.length; at += size) came.push(...reader.add(whole.subarray(at, at + size)));
    expect(came.map((one) => one.toString())).toEqual(packets.map((one) => one.toString()));
    expect(reader.waiting).toBe(0);
  }
  for (const length of [0, packetBytesMax + 1, 0xffff_ffff]) {
    expect(() => new PacketReader().add(new FieldWriter().u32(length).whole)).toThrow(PacketFault);
  }
});

test("all extensions are told at the beginning, and each answers what is cut off by saying so", async () => {
  const made = new SftpSession(pathsFrom(home));
  const fields = new FieldReader((await made.answer(begin)).subarray(9));
  const told: string[] = [];
  while (fields.rest.length > 0) {
    told.push(fields.bytes().toString());
    fields.bytes();
  }
  expect(told).toEqual(Object.keys(extensions));
  for (const name of told.filter((one) => !one.startsWith("limits@"))) {
    const answer = await statusOf(made, request.extended, (out) => out.text(name));
    expect(answer).toEqual({ code: status.badMessage, text: "The packet ends too early." });
  }
  expect((await statusOf(made, request.extended, (out) => out.text("constructor"))).code).toBe(status.unsupported);
});

test("what fails is told by the protocol's code and in words", async () => {
  const made = await session();
  const rows: readonly (readonly [number, Fill, number, string])[] = [
    [request.stat, (out) => out.text("nothing"), status.noSuchFile, "No such file or directory"],
    [request.rmdir, (out) => out.text("file"), status.noSuchFile, "Not a directory"],
    [request.mkdir, (out) => none(out.text("file")), status.failure, "File exists"],
    [request.open, (out) => none(out.text(home).u32(openFlag.read)), status.failure, "Is a directory"],
    [request.read, (out) => out.text("?").u64(0).u32(1), status.failure, "The handle is of no open file."],
    [request.close, (out) => out.text("?"), status.failure, "The handle is of nothing that is open."],
    [request.stat, (out) => out.text("a\0b"), status.noSuchFile, "A path has no zero byte."],
    [99, (out) => out, status.unsupported, "A request of kind 99 is not known."],
  ];
  for (const [kind, fill, code, text] of rows) expect(await statusOf(made, kind, fill)).toEqual({ code, text });
});

test("what changes something is done in the order in which it came, though nobody waits for it", async () => {
  const made = await session();
  const handle = await open(made, "ordered", openFlag.write | openFlag.read | openFlag.create);
  const asked: Promise<Buffer>[] = [];
  for (let index = 0; index < 50; index += 1) {
    const write = packet(request.write, index, (out) => out.bytes(handle).u64(0).text(String(index).padStart(2, "0")));
    asked.push(made.answer(write));
    asked.push(made.answer(packet(request.read, index, (out) => out.bytes(handle).u64(0).u32(2))));
  }
  asked.push(made.answer(packet(request.close, 99, (out) => out.bytes(handle))));
  const answers = (await Promise.all(asked)).map(read);
  const reads = answers.filter(({ kind }) => kind === reply.data);
  expect(reads.map(({ fields }) => Number(fields.bytes().toString()))).toEqual(
    Array.from({ length: 50 }, (_, index) => index),
  );
  expect(made.handles.size).toBe(0);
});

test("answers are sent in the order of the requests, and no more is read than is worked on", async () => {
  const channel = new PassThrough();
  const sent: number[] = [];
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const served = serveSftp({
    channel,
    paths: pathsFrom(home),
    send: async (whole) => {
      if (whole.readUInt8(4) === reply.version) return true;
      await held;
      sent.push(whole.readUInt32BE(5));
      return true;
    },
  });
  channel.write(new FieldWriter().bytes(begin).whole);
  const count = 4 * requestsMax;
  for (let id = 0; id < count; id += 1) {
    const kind = id % 3 === 0 ? request.realpath : request.lstat;
    channel.write(new FieldWriter().bytes(packet(kind, id, (out) => out.text("./".repeat(2_000)))).whole);
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(channel.readableLength + channel.writableLength, "the rest waits").toBeGreaterThan(0);
  release();
  channel.end();
  await served;
  expect(sent).toEqual(Array.from({ length: count }, (_, id) => id));
});

test("open files are bounded, and are closed when the client goes", async () => {
  const made = await session();
  for (let count = 0; count < handlesMax; count += 1) await open(made, "file", openFlag.read);
  const refused = await statusOf(made, request.open, (out) => none(out.text("file").u32(openFlag.read)));
  expect(refused.text).toContain(String(handlesMax));
  await made.close();
  expect(made.handles.size).toBe(0);
});

test("a file is copied here without its bytes, and an offset is counted in 64 bits", async () => {
  const made = await session();
  const from = await open(made, "file", openFlag.read);
  const to = await open(made, "copy", openFlag.write | openFlag.create);
  const copy: Fill = (out) => out.text("copy-data").bytes(from).u64(2).u64(3).bytes(to).u64(1);
  expect(await statusOf(made, request.extended, copy)).toMatchObject({ code: status.ok });
  expect(readFileSync(path.join(home, "copy"), "latin1")).toBe("\0" + "234");
  const far = await statusOf(made, request.read, (out) =>
    out
      .bytes(from)
      .u64(5n * 2n ** 32n)
      .u32(1),
  );
  expect(far.code).toBe(status.eof);
  expect(
    await statusOf(made, request.read, (out) =>
      out
        .bytes(from)
        .u64(2n ** 63n)
        .u32(1),
    ),
  ).toMatchObject({
    text: "The offset is too large.",
  });
  await made.close();
});

/** Whatever is asked for is in a folder of its own: what a fuzzer draws must not reach anything else. */
function fenced(root: string): Paths {
  const inside = (name: string): string => path.posix.join(root, path.posix.normalize(`/${name}`).slice(0, 200));
  const of = (name: string): Buffer => Buffer.from(inside(name), "latin1");
  return { of, real: async (name) => inside(name), expanded: async (name) => inside(name) };
}

/** Requests of every kind, well formed and then spoilt in one place or another. */
function drawn(random: Random, handles: readonly Buffer[]): Buffer {
  const upTo = (most: number): number => Math.floor(random.float() * most);
  const pick = <One>(from: readonly One[]): One => from[upTo(from.length)] as One;
  const name = (): string => pick(["a", "b", "a/b", "file", "c", "", "../../..", "long".repeat(100)]);
  const handle = (): Buffer => pick(handles);
  const kinds = [...Object.values(request).filter((kind) => kind !== request.init), 99];
  const kind = pick(kinds);
  const out = new FieldWriter().u8(kind).u32(upTo(1_000));
  if (kind === request.extended) out.text(pick([...Object.keys(extensions), "unknown"]));
  if (
    [request.close, request.read, request.write, request.fstat, request.fsetstat, request.readdir].includes(kind as 4)
  ) {
    out.bytes(handle());
  } else out.text(name());
  if (random.float() < 0.5) out.text(name());
  if (random.float() < 0.5) out.u64(upTo(100_000)).u32(upTo(70_000));
  if (random.float() < 0.3) out.bytes(handle()).u64(upTo(1_000)).u64(upTo(1_000)).bytes(handle()).u64(upTo(1_000));
  if (random.float() < 0.5) out.u32(upTo(64)).u32(upTo(1_000)).u32(upTo(1_000)).u32(upTo(1_000)).u32(upTo(1_000));
  const whole = Buffer.from(out.whole);
  const spoilt = random.float();
  if (spoilt < 0.2) return whole.subarray(0, 5 + upTo(whole.length - 5));
  if (spoilt < 0.4) whole[5 + upTo(whole.length - 5)] = upTo(256);
  return whole;
}

test.each([1, 2, 3, 4])("whatever is asked is answered, and the session goes on (seed %i)", async (seed) => {
  const random = seededRandom(seed);
  const root = path.join(home, "fence");
  mkdirSync(root);
  writeFileSync(path.join(root, "file"), "0123456789");
  const made = await session(fenced(root));
  const handles = [Buffer.from("?"), Buffer.alloc(300), await open(made, "file", openFlag.read | openFlag.write)];
  for (let round = 0; round < 15; round += 1) {
    const asked = Array.from({ length: 40 }, () => drawn(random, handles));
    const answers = await Promise.all(asked.map(async (one) => read(await made.answer(one))));
    expect(answers.map(({ id }) => id)).toEqual(asked.map((one) => one.readUInt32BE(1)));
    for (const { kind, fields } of answers) if (kind === reply.handle) handles.push(fields.bytes());
  }
  expect(await statusOf(made, request.close, (out) => out.text("never"))).toMatchObject({ code: status.failure });
  await made.close();
  expect(existsSync(home)).toBe(true);
});

test.each([1, 2, 3])("a stream of anything ends by a fault and never hangs (seed %i)", async (seed) => {
  const random = seededRandom(seed);
  const root = path.join(home, "fence");
  mkdirSync(root);
  for (let round = 0; round < 40; round += 1) {
    const channel = new PassThrough();
    const served = serveSftp({ channel, send: async () => true, paths: fenced(root) }).catch((error: unknown) => error);
    if (random.float() < 0.7) channel.write(new FieldWriter().bytes(begin).whole);
    channel.write(new FieldWriter().bytes(drawn(random, [Buffer.from("?")])).whole);
    channel.end(Buffer.from(Array.from({ length: 200 }, () => Math.floor(random.float() * 256))));
    const ended = await served;
    expect(ended === undefined || ended instanceof PacketFault).toBe(true);
  }
});
