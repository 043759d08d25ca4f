import { fileRule, findInLines, isTidyItself, type Rule } from "./source.ts";

const isAnyText = (path: string): boolean => !isTidyItself(path);

/** A path of one machine is wrong on every other. */
export const noMachinePaths: Rule = fileRule("no machine paths", isAnyText, (source) =>
  findInLines(
    source,
    /(?<![\w.@*-])\/(work|root)\/[\w.-]*/,
    (path) => `${path} is a path of one machine: make it relative.`,
  ),
);

const packageRegistry =
  /\bregistry\.(npmjs\.org|yarnpkg\.com|npmmirror\.com)|\bnpm\.pkg\.github\.com|\bregistry\s*=\s*["']?https?:|[\w.-]*(artifactory|verdaccio|jfrog)[\w-]*\.[a-z]{2,}/i;

/** Where packages come from is set up outside of the repository; a host in it breaks everyone behind a mirror. */
export const noRegistryHosts: Rule = fileRule("no registry hosts", isAnyText, (source) =>
  findInLines(
    source,
    packageRegistry,
    (host) => `${host} names a package registry: leave that to each one's npm settings.`,
  ),
);

export const lockFileIsPortable: Rule = fileRule(
  "the lock file is portable",
  (path) => path === "package-lock.json",
  (source) =>
    findInLines(
      source,
      /"resolved":/,
      (key) => `${key} pins a registry: run \`npm install\` with .npmrc's omit-lockfile-registry-resolved=true.`,
    ),
);
