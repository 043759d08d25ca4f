import { expect, test } from "vitest";
import { ides, ideTable, type IdeFamily } from "../../../src/contracts/ides.ts";
import type { ImageFacts } from "../../../src/contracts/image-facts.ts";
import { judgeForIde, judgeForSessions } from "../../../src/domain/ides/judge-image.ts";

const gibibyte = 2 ** 30;
const folder = { unwritable: null, isExecutable: true, freeBytes: 20 * gibibyte };
const debian: ImageFacts = {
  libc: "glibc",
  libcVersion: "2.36",
  libstdcxx: "3.4.30",
  programs: ["bash", "sh", "tar", "gzip", "curl", "git", "scp", "rsync"],
  hasCertificates: true,
  home: { path: "/home/dev", ...folder },
  temporary: { path: "/tmp", ...folder },
  folder: "/home/dev",
  memoryBytes: 8 * gibibyte,
  terminalProblem: null,
  uid: 1000,
};
const families = ["vscode", "jetbrains", "zed"] as const;

/** What each family of editors misses, by the names of the checks. */
function missing(changes: Partial<ImageFacts>): Readonly<Record<IdeFamily, readonly string[]>> {
  const of = (family: IdeFamily): readonly string[] =>
    judgeForIde({ ...debian, ...changes }, family).flatMap(({ check, severity }) =>
      severity === "error" ? [check] : [],
    );
  return { vscode: of("vscode"), jetbrains: of("jetbrains"), zed: of("zed") };
}

test("an image with all of it lacks nothing", () => {
  const findings = [...judgeForSessions(debian), ...families.flatMap((family) => judgeForIde(debian, family))];
  expect(findings.filter(({ severity }) => severity !== "ok")).toEqual([]);
});

test.each<readonly [string, Partial<ImageFacts>, Partial<Record<IdeFamily, readonly string[]>>]>([
  ["musl", { libc: "musl", libcVersion: "1.2.5" }, { vscode: ["C library"], jetbrains: ["C library"] }],
  ["glibc 2.27", { libcVersion: "2.27" }, { vscode: ["C library"], jetbrains: ["C library"] }],
  ["glibc 2.9", { libcVersion: "2.9" }, { vscode: ["C library"], jetbrains: ["C library"] }],
  ["glibc 2.28", { libcVersion: "2.28" }, {}],
  ["glibc of a version that cannot be told", { libcVersion: null }, {}],
  ["no libstdc++", { libstdcxx: null }, { vscode: ["libstdc++"] }],
  ["libstdc++ of GCC 7", { libstdcxx: "3.4.24" }, { vscode: ["libstdc++"] }],
  [
    "no program but sh",
    { programs: ["sh"] },
    { vscode: ["bash", "tar", "gzip", "curl or wget"], jetbrains: ["bash", "tar", "curl"], zed: ["gzip"] },
  ],
  ["wget instead of curl", { programs: ["bash", "sh", "tar", "gzip", "wget"] }, { jetbrains: ["curl"] }],
  ["no certificates", { hasCertificates: false }, { vscode: ["certificates"], jetbrains: ["certificates"] }],
  [
    "a home that is read-only",
    { home: { ...debian.home, unwritable: "EROFS" } },
    { vscode: ["home"], jetbrains: ["home"], zed: ["home"] },
  ],
  [
    "a home that is noexec",
    { home: { ...debian.home, isExecutable: false } },
    { vscode: ["home"], jetbrains: ["home"], zed: ["home"] },
  ],
  [
    "a temporary folder that is noexec",
    { temporary: { ...debian.temporary, isExecutable: false } },
    { vscode: ["temporary folder"], jetbrains: ["temporary folder"] },
  ],
  ["5 GiB of disk", { home: { ...debian.home, freeBytes: 5 * gibibyte } }, { jetbrains: ["home"] }],
  ["2 GiB of memory", { memoryBytes: 2 * gibibyte }, { jetbrains: ["memory"] }],
  ["512 MiB of memory", { memoryBytes: gibibyte / 2 }, { vscode: ["memory"], jetbrains: ["memory"] }],
])("%s is told to whom it matters", (_, changes, wanted) => {
  expect(missing(changes)).toEqual({ vscode: [], jetbrains: [], zed: [], ...wanted });
});

test("each lack says what it is and what to do", () => {
  const bare: ImageFacts = {
    ...debian,
    libc: "none",
    libcVersion: null,
    libstdcxx: null,
    programs: [],
    hasCertificates: false,
    home: { path: "/", unwritable: "EROFS", isExecutable: false, freeBytes: 0 },
    memoryBytes: 1,
    terminalProblem: "there are no terminals with musl",
    uid: 0,
  };
  const lacks = [...judgeForSessions(bare), ...families.flatMap((family) => judgeForIde(bare, family))].filter(
    ({ severity }) => severity !== "ok",
  );
  expect(lacks.length).toBeGreaterThan(15);
  expect(lacks.filter(({ message, next }) => !message.endsWith(".") || next?.endsWith(".") !== true)).toEqual([]);
  expect(lacks.find(({ check }) => check === "certificates")?.next).toBe("Install ca-certificates in the image.");
});

test("without an editor nothing of it is an error: SFTP and forwarded ports work in the barest image", () => {
  const findings = judgeForSessions({ ...debian, programs: [], uid: 0, terminalProblem: "musl" });
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(findings.flatMap(({ check, severity }) => (severity === "warning" ? [check] : []))).toEqual([
    "shell",
    "terminals",
    "user",
    "git",
    "scp",
    "rsync",
  ]);
});

test("each editor is opened by an address of its own, with a folder of any name", () => {
  const place = { host: "prewarm.dev", folder: "/home/dev/a b#1" };
  expect(ides.map((ide) => ideTable[ide].link(place))).toEqual([
    "vscode://vscode-remote/ssh-remote+prewarm.dev/home/dev/a%20b%231",
    "cursor://vscode-remote/ssh-remote+prewarm.dev/home/dev/a%20b%231",
    "windsurf://vscode-remote/ssh-remote+prewarm.dev/home/dev/a%20b%231",
    "jetbrains-gateway://connect#type=ssh&deploy=false&host=prewarm.dev&port=22&user=prewarm&projectPath=%2Fhome%2Fdev%2Fa%20b%231",
    "zed://ssh/prewarm.dev/home/dev/a%20b%231",
  ]);
});
