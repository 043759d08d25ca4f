import { hostileTexts, jsonOf } from "./hostile-values.ts";
import type { Operation } from "./operations.ts";
import { type Draw, hostileValue, mutated, validValue } from "./schema-values.ts";
import type { Sent } from "./send.ts";
import { archiveOf, manifest, type Role } from "./world.ts";

/** Raw forms of a path or a query that no encoder would write. */
const rawTexts: readonly string[] = ["%", "%zz", "%ff", "%ed%a0%bd", "%c0%80", "%00", "%0d%0a", "..%2f..%2f", "%2e%2e"];
const oddBodies: readonly string[] = ["", "{", "null", "[]", '"a"', "1e400", '{"__proto__":{"a":1}}', "\0", "\ufeff{}"];
const deep = `${"[".repeat(5_000)}${"]".repeat(5_000)}`;

export interface Drawn extends Sent {
  readonly operation: Operation;
  readonly role: Role;
}

/** One request: valid a third of the time, so that there is something for the hostile ones to hit. */
export function drawRequest(operation: Operation, role: Role, token: string | undefined, draw: Draw): Drawn {
  const { chance } = draw;
  const isValid = chance.is(0.35);
  const spoilt = isValid ? "nothing" : chance.oneOf(["path", "query", "body", "body", "body", "headers"]);
  const isLimited = operation.id === "login" || operation.id === "setUp";
  return {
    operation,
    role,
    method: operation.method,
    target: `${pathOf(operation, draw, spoilt === "path")}${queryOf(operation, draw, spoilt === "query")}`,
    headers: headersOf(operation, token, draw, spoilt === "headers"),
    body: bodyOf(operation, draw, spoilt === "body"),
    ...(isLimited ? { from: `127.0.${chance.below(200)}.${1 + chance.below(250)}` } : {}),
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : jsonOf(value);
}

/** Encoded as a program would; what has no encoding goes as the bytes of half a pair. */
function encoded(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : "%ed%a0%bd";
}

function pathOf({ path, parameters }: Operation, draw: Draw, isSpoilt: boolean): string {
  const { chance } = draw;
  const names = parameters.filter((parameter) => parameter.in === "path");
  const spoiltName = isSpoilt && names.length > 0 ? chance.oneOf(names).name : undefined;
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const schema = names.find((parameter) => parameter.name === name)?.schema ?? {};
    if (name !== spoiltName) return encoded(textOf(validValue(schema, draw, name)));
    return chance.is(0.3) ? chance.oneOf(rawTexts) : encoded(textOf(hostileValue(chance)).slice(0, 2_000));
  });
}

function queryOf({ parameters }: Operation, draw: Draw, isSpoilt: boolean): string {
  const { chance } = draw;
  const pairs = parameters
    .filter((parameter) => parameter.in === "query" && (parameter.required === true || chance.is(0.25)))
    .map(({ name, schema }) => `${name}=${encoded(textOf(validValue(schema, draw, name)))}`);
  if (isSpoilt) {
    const all = parameters.filter((parameter) => parameter.in === "query");
    const name =
      all.length > 0 && chance.is(0.85) ? chance.oneOf(all).name : encoded(chance.oneOf(hostileTexts).slice(0, 99));
    const value = chance.is(0.3) ? chance.oneOf(rawTexts) : encoded(textOf(hostileValue(chance)).slice(0, 4_000));
    pairs.push(`${name}=${value}`);
    if (chance.is(0.2)) pairs.push(`${name}=${value}`, `${name}[a]=b`);
  }
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

function headersOf(
  operation: Operation,
  token: string | undefined,
  draw: Draw,
  isSpoilt: boolean,
): Record<string, string> {
  const { chance } = draw;
  const type = operation.isUpload ? "application/gzip" : "application/json";
  const headers: Record<string, string> = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(operation.body === undefined && !operation.isUpload ? {} : { "content-type": type }),
  };
  if (!isSpoilt) return headers;
  const spoilt: readonly Readonly<Record<string, string>>[] = [
    {
      "content-type": chance.oneOf(["text/plain", "application/xml", "application/json; charset=utf-16", "a", ";", ""]),
    },
    {
      authorization: chance.oneOf([
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer \u00ff\u0080",
        `Bearer ${"x".repeat(9_000)}`,
      ]),
    },
    {
      cookie: chance.oneOf(["prewarm_session=", "prewarm_session=%00", "=", ";;;", "prewarm_session=\u00ff", "a=%zz"]),
    },
    { accept: "text/html", "accept-encoding": "gzip;q=x, *" },
    { "content-encoding": "gzip" },
    { origin: "null", "sec-fetch-site": "same-origin" },
    { "x-request-id": "\u0080".repeat(50), "x-forwarded-for": "\u00ff" },
    { expect: "200-ok" },
    { upgrade: "websocket", connection: "upgrade", "sec-websocket-key": "x", "sec-websocket-version": "13" },
  ];
  return { ...headers, ...chance.oneOf(spoilt) };
}

function bodyOf(operation: Operation, draw: Draw, isSpoilt: boolean): Buffer | null {
  const { chance } = draw;
  if (operation.isUpload) return isSpoilt ? spoiltArchive(draw) : archiveOf(manifest);
  if (operation.body === undefined) return isSpoilt && operation.method !== "GET" ? Buffer.from("{}") : null;
  const valid = validValue(operation.body, draw);
  if (!isSpoilt) return Buffer.from(jsonOf(valid));
  if (chance.is(0.08)) return Buffer.from(chance.oneOf(oddBodies));
  if (chance.is(0.02)) return Buffer.from(deep);
  if (chance.is(0.05)) return Buffer.from(jsonOf(valid)).subarray(0, chance.below(40));
  let value = mutated(valid, chance);
  while (chance.is(0.3)) value = mutated(value, chance);
  return Buffer.from(jsonOf(value));
}

/** A manifest whose lines, or an archive whose bytes, are not what they were. */
function spoiltArchive({ chance }: Draw): Buffer {
  if (chance.is(0.3)) {
    const bytes = Buffer.from(archiveOf(manifest));
    for (let nth = 0; nth < 3; nth += 1) bytes.writeUInt8(chance.below(256), chance.below(bytes.length));
    return chance.is(0.3) ? bytes.subarray(0, chance.below(bytes.length)) : bytes;
  }
  const lines = manifest.split("\n");
  const at = chance.below(lines.length);
  const text = jsonOf(hostileValue(chance)).slice(0, 20_000);
  const line = chance.oneOf([
    `description: ${text}`,
    `tags: { a: ${text} }`,
    "x: *y",
    "&a [*a]",
    "\0",
    `${text}: 1`,
    "? [a]",
  ]);
  return archiveOf([...lines.slice(0, at), line, ...lines.slice(at + (chance.is(0.5) ? 1 : 0))].join("\n"));
}
