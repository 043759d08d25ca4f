import type { IdeFamily } from "../../contracts/ides.ts";
import type { FolderFacts, ImageFacts } from "../../contracts/image-facts.ts";

const mebibyte = 1_048_576;
const gibibyte = 1_024 * mebibyte;
/** A limit of "4 GB" is a little less by the time that it is read. */
const slack = 0.95;

/** What a need comes to: null where it is met. */
export interface Lack {
  readonly message: string;
  readonly next: string;
}

export interface Need {
  /** In findings. */
  readonly check: string;
  /** What is said where it is met. */
  readonly met: (facts: ImageFacts) => string;
  readonly lack: (facts: ImageFacts) => Lack | null;
  /** Whether it works without, only worse. */
  readonly isHint?: boolean;
}

const glibc: Need = {
  check: "C library",
  met: ({ libcVersion }) => `glibc ${libcVersion ?? "of an unknown version"}`,
  lack: ({ libc, libcVersion }) => {
    if (libc === "glibc" && (libcVersion === null || isAtLeast(libcVersion, "2.28"))) return null;
    const found = libc === "glibc" ? `glibc ${libcVersion}` : libc === "none" ? "no C library" : musl(libcVersion);
    const next =
      "Use an image with glibc 2.28 or newer, such as Debian 10, Ubuntu 20.04, RHEL 8 or a newer one of them.";
    return { message: `The image has ${found}, and the editor's programs are made for glibc 2.28 or newer.`, next };
  },
};

const libstdcxx: Need = {
  check: "libstdc++",
  met: ({ libstdcxx: version }) => `GLIBCXX_${version}`,
  lack: ({ libstdcxx: version }) => {
    if (version !== null && isAtLeast(version, "3.4.25")) return null;
    const message =
      version === null
        ? "There is no libstdc++.so.6."
        : `libstdc++ has symbols up to GLIBCXX_${version}; 3.4.25 is needed.`;
    return { message, next: "Install libstdc++6 (Debian) or libstdc++ (RHEL) of GCC 8.1 or newer in the image." };
  },
};

const certificates: Need = {
  check: "certificates",
  met: () => "certificates of authorities are there",
  lack: ({ hasCertificates }) =>
    hasCertificates
      ? null
      : {
          message: "There are no certificates of authorities, so that nothing can be downloaded over HTTPS.",
          next: "Install ca-certificates in the image.",
        },
};

function program(name: string, isHint = false, without = "The editor runs it."): Need {
  return {
    check: name,
    isHint,
    met: () => "is there",
    lack: ({ programs }) =>
      programs.includes(name)
        ? null
        : { message: `${name} is not there. ${without}`, next: `Install ${name} in the image.` },
  };
}

const download: Need = {
  check: "curl or wget",
  met: ({ programs }) => (programs.includes("curl") ? "curl is there" : "wget is there"),
  lack: ({ programs }) =>
    programs.includes("curl") || programs.includes("wget")
      ? null
      : {
          message: "Neither curl nor wget is there, by one of which the editor's server is downloaded.",
          next: "Install curl in the image.",
        },
};

function folder(check: string, pick: (facts: ImageFacts) => FolderFacts, freeBytesMin: number): Need {
  return {
    check,
    met: (facts) => `${pick(facts).path} takes files and programs, ${size(pick(facts).freeBytes)} free`,
    lack: (facts) => {
      const { path, unwritable, isExecutable, freeBytes } = pick(facts);
      if (unwritable !== null) {
        const why = unwritable === "EROFS" ? "it is read-only" : unwritable;
        return {
          message: `Nothing can be written to ${path}: ${why}.`,
          next: `Give the workspace's user a ${path} that it can write to, such as a volume.`,
        };
      }
      if (!isExecutable) {
        return { message: `No program runs in ${path}: it is mounted noexec.`, next: `Mount ${path} without noexec.` };
      }
      if (freeBytes === null || freeBytes >= freeBytesMin * slack) return null;
      return {
        message: `${path} has ${size(freeBytes)} free; ${size(freeBytesMin)} are needed.`,
        next: "Give the workspace a larger disk.",
      };
    },
  };
}

function memory(bytesMin: number): Need {
  return {
    check: "memory",
    met: ({ memoryBytes }) => size(memoryBytes),
    lack: ({ memoryBytes }) =>
      memoryBytes === null || memoryBytes >= bytesMin * slack
        ? null
        : {
            message: `The workspace may use ${size(memoryBytes)}; the editor's server needs ${size(bytesMin)}.`,
            next: "Give the workspace more memory in its template.",
          },
  };
}

const home = (facts: ImageFacts): FolderFacts => facts.home;
const temporary = (facts: ImageFacts): FolderFacts => facts.temporary;

/** What each family of editors needs in the image (access §6). First the reasons for which nothing would help. */
export const ideNeeds: Readonly<Record<IdeFamily, readonly Need[]>> = {
  vscode: [
    glibc,
    libstdcxx,
    program("bash"),
    program("tar"),
    program("gzip"),
    download,
    certificates,
    folder("home", home, gibibyte),
    folder("temporary folder", temporary, 100 * mebibyte),
    memory(gibibyte),
  ],
  jetbrains: [
    glibc,
    program("bash"),
    program("tar"),
    program("curl", false, "The IDE is downloaded by it."),
    certificates,
    folder("home", home, 10 * gibibyte),
    folder("temporary folder", temporary, 100 * mebibyte),
    memory(4 * gibibyte),
  ],
  // Its server leans on nothing.
  zed: [program("sh"), program("gzip"), folder("home", home, 200 * mebibyte)],
};

/** What people miss in any session, with an editor or without. */
export const sessionNeeds: readonly Need[] = [
  {
    check: "shell",
    isHint: true,
    met: () => "is there",
    lack: ({ programs }) =>
      programs.includes("bash") || programs.includes("sh")
        ? null
        : {
            message: "There is no shell: no command runs, while SFTP, `prewarm cp` and forwarded ports work.",
            next: "Install bash in the image.",
          },
  },
  {
    check: "terminals",
    isHint: true,
    met: () => "the agent has terminals to give",
    lack: ({ terminalProblem, libc }) =>
      terminalProblem === null
        ? null
        : {
            message: `Terminals are refused: ${terminalProblem}.`,
            next:
              libc === "musl"
                ? "Use an image with glibc, or `prewarm exec -it`."
                : "Give the workspace a folder that may hold programs, such as /tmp without noexec.",
          },
  },
  {
    check: "user",
    isHint: true,
    met: ({ uid }) => (uid === null ? "not known" : `commands run as user ${uid}`),
    lack: ({ uid }) =>
      uid === 0
        ? { message: "Commands run as root.", next: "Name a user in the template: some programs refuse root." }
        : null,
  },
  {
    ...folder("home", home, 0),
    isHint: true,
  },
  program("git", true, "Editors show no history without it."),
  program("scp", true, "`scp -O` of older clients wants it; others use SFTP, which is the agent's own."),
  program("rsync", true, "`rsync` wants it at both ends."),
];

function musl(version: string | null): string {
  return version === null ? "musl" : `musl ${version}`;
}

/** Compares numbers with dots. */
function isAtLeast(version: string, wanted: string): boolean {
  const [one, other] = [version, wanted].map((text) => text.split(".").map(Number));
  for (const [nth, number] of (other ?? []).entries()) {
    const mine = one?.[nth] ?? 0;
    if (mine !== number) return mine > number;
  }
  return true;
}

function size(bytes: number | null): string {
  if (bytes === null) return "an unknown size";
  return bytes >= gibibyte ? `${(bytes / gibibyte).toFixed(1)} GiB` : `${Math.floor(bytes / mebibyte)} MiB`;
}
