import { hostname } from "node:os";
import type { ConfigValues } from "../platform/config/load-config.ts";
import { durationOption, stringOption, urlOption } from "../platform/config/option.ts";
import { dockerOptions } from "../platform/config/docker-options.ts";
import { serverOptions } from "../platform/config/server-options.ts";

/** Options of a provisioner daemon that runs apart from the server. */
export const provisionerOptions = {
  url: urlOption({
    name: "url",
    protocols: ["http", "https"],
    description: "URL of the server that the daemon works for. Required.",
  }),
  key: stringOption({
    name: "provisioner.key",
    default: "",
    isSecret: true,
    description: "Key of the daemon, which an administrator has issued. Required; better given by the environment.",
  }),
  name: stringOption({
    name: "provisioner.name",
    default: hostname().split(".")[0] ?? "daemon",
    description: "Name of the daemon: the same over restarts, and unique among all daemons of the deployment.",
  }),
  tags: stringOption({
    name: "provisioner.tags",
    default: "",
    description: "Tags of jobs that the daemon takes, key=value with commas between them.",
  }),
  drivers: {
    ...serverOptions.provisionerDrivers,
    description:
      "Drivers of the daemon, with commas between them: process, docker, terraform, fake. `auto`: process, and docker and terraform where they are found to work.",
  },
  terraformBinary: serverOptions.terraformBinary,
  terraformModuleMirror: serverOptions.terraformModuleMirror,
  processAccounts: serverOptions.processAccounts,
  concurrency: { ...serverOptions.provisionerConcurrency, description: "Jobs that the daemon runs at a time." },
  dataDir: stringOption({
    name: "provisioner.data_dir",
    default: ".prewarm/provisioner",
    description: "Folder of the daemon: unpacked templates, and workspaces of the process driver.",
  }),
  graceMs: durationOption({
    name: "provisioner.grace",
    default: 60_000,
    min: 0,
    max: 3_600_000,
    description: "Longest time that running jobs are given to finish when the daemon is stopped.",
  }),
  ...dockerOptions,
  logLevel: serverOptions.logLevel,
  logFormat: serverOptions.logFormat,
};
export type ProvisionerConfig = ConfigValues<typeof provisionerOptions>;

/** `a=1,b=2` as an object; undefined when it has another shape. */
export function parseTags(text: string): Readonly<Record<string, string>> | undefined {
  const words = text.split(",").filter((word) => word.trim() !== "");
  const pairs = words.map((word) => /^\s*([^=\s]+)=(.*?)\s*$/.exec(word));
  if (pairs.includes(null)) return undefined;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", pair?.[2] ?? ""]));
}
