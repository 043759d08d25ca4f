import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { ImageFacts } from "../../contracts/image-facts.ts";

/** A library larger than this is not looked into; both are about 2 MB. */
const libraryBytesMax = 32 * 1_048_576;
const loaderFolders = ["lib", "lib64", "usr/lib", "usr/lib64"];
const glibcLoader = /^ld-linux.*\.so\.\d+$/;
const muslLoader = /^ld-musl-.*\.so\.1$/;

/**
 * The C library of an image, by its loader and not by what this process leans on: an agent may have brought its own.
 * @param root of the image; for tests another one than `/`.
 */
export function libcOf(root: string): Pick<ImageFacts, "libc" | "libcVersion"> {
  const folders = loaderFolders.map((folder) => path.join(root, folder));
  const loaders = folders.flatMap((folder) => namesIn(folder));
  // An image with musl may have files by glibc's names as well, for programs of others (`gcompat`): that is no glibc.
  const musl = loaders.some((name) => muslLoader.test(name));
  const library = glibcFile(root);
  const version = library === null ? null : glibcVersion(library);
  if (version !== null || (library !== null && !musl)) return { libc: "glibc", libcVersion: version };
  if (musl) return { libc: "musl", libcVersion: muslVersion(folders) };
  return { libc: loaders.some((name) => glibcLoader.test(name)) ? "glibc" : "none", libcVersion: null };
}

/** The newest version of its symbols that the image's libstdc++ has, as programs ask for it; null without one. */
export function libstdcxxOf(root: string, extraFolders = ""): string | null {
  const extra = extraFolders.split(":").filter((folder) => folder !== "");
  const file = [...extra, ...libraryFolders(root)]
    .map((folder) => path.join(folder, "libstdc++.so.6"))
    .find((candidate) => existsSync(candidate));
  if (file === undefined) return null;
  const numbers = [...textOf(file).matchAll(/GLIBCXX_3\.4\.(\d+)\0/g)].map(([, number]) => Number(number));
  return numbers.length === 0 ? null : `3.4.${Math.max(...numbers)}`;
}

function glibcFile(root: string): string | null {
  return (
    libraryFolders(root)
      .map((folder) => path.join(folder, "libc.so.6"))
      .find((file) => existsSync(file)) ?? null
  );
}

function glibcVersion(file: string): string | null {
  return /GNU C Library [^\n]*?version (\d+\.\d+)/.exec(textOf(file))?.[1] ?? null;
}

/** musl's loader is the library, and has its version in plain text. */
function muslVersion(folders: readonly string[]): string | null {
  const files = folders.flatMap((folder) =>
    namesIn(folder)
      .filter((name) => muslLoader.test(name))
      .map((name) => path.join(folder, name)),
  );
  return /\0(1\.\d+\.\d+)\0/.exec(textOf(files[0] ?? ""))?.[1] ?? null;
}

/** Where the loader looks without being told, and below it the folder of the processor (`x86_64-linux-gnu`). */
function libraryFolders(root: string): readonly string[] {
  return loaderFolders
    .map((folder) => path.join(root, folder))
    .flatMap((folder) => [
      folder,
      ...namesIn(folder)
        .filter((name) => name.endsWith("-linux-gnu") || name.includes("-linux-gnueabi"))
        .map((name) => path.join(folder, name)),
    ]);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  try {
    return statSync(file).size > libraryBytesMax ? "" : readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
