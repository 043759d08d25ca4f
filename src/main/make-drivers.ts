import path from "node:path";
import { processAccountsDefault } from "../contracts/limits.ts";
import { systemClock } from "../platform/clock.ts";
import { ConfigError } from "../platform/config/config-error.ts";
import type { Logger } from "../platform/logger.ts";
import { systemRandom } from "../platform/random.ts";
import type { dockerOptions } from "../platform/config/docker-options.ts";
import type { ConfigValues } from "../platform/config/load-config.ts";
import { serverOptions } from "../platform/config/server-options.ts";
import { bootstrapScript } from "../provisioner/bootstrap.ts";
import type { Driver } from "../provisioner/driver.ts";
import { DockerDriver, dockerDriverName } from "../provisioner/drivers/docker/docker-driver.ts";
import { FakeDriver, fakeDriverName } from "../provisioner/drivers/fake/fake-driver.ts";
import { agentNodeFlags } from "../provisioner/agent-node-flags.ts";
import { coderInitScript } from "../provisioner/coder-provider/init-script.ts";
import type { ServeCoderProvider } from "../provisioner/drivers/terraform/coder/coder-session.ts";
import { TerraformDriver, terraformDriverName } from "../provisioner/drivers/terraform/terraform-driver.ts";
import { type AccountRange, parseAccountRange } from "../provisioner/drivers/process/workspace-accounts.ts";
import { ProcessDriver, processDriverName } from "../provisioner/drivers/process/process-driver.ts";
import { packageRoot } from "./version.ts";

export interface DriverSetting {
  /** Folder of the daemon, absolute: each driver keeps what it makes in one of its own below it. */
  readonly root: string;
  readonly logger: Logger;
  /** The daemon's options, of which each driver reads its own. */
  readonly config: ConfigValues<typeof dockerOptions> & {
    readonly terraformBinary: string;
    readonly terraformModuleMirror: string;
    readonly processAccounts: string;
  };
}

const agentBundle = path.join(packageRoot, "dist", "bundle", "agent.mjs");
const agentCommand = [process.execPath, ...agentNodeFlags, agentBundle];

const makers: Readonly<Record<string, (setting: DriverSetting) => Driver>> = {
  [processDriverName]: ({ root, logger, config }) =>
    new ProcessDriver({
      root: path.join(root, "workspaces"),
      agentCommand,
      hostEnvironment: process.env,
      accounts: accountRange(config.processAccounts),
      logger,
      random: systemRandom,
    }),
  [dockerDriverName]: ({ root, logger, config }) =>
    new DockerDriver({
      root: path.join(root, "docker"),
      settings: {
        host: config.dockerHost,
        certPath: config.dockerCertPath,
        isPrivilegedAllowed: config.dockerAllowPrivileged,
        authFile: config.dockerAuthFile,
        publishAddress: config.dockerPublishAddress,
      },
      logger,
      random: systemRandom,
      clock: systemClock,
    }),
  [terraformDriverName]: ({ root, logger, config }) =>
    new TerraformDriver({
      root: path.join(root, "terraform"),
      binary: config.terraformBinary,
      moduleMirror: config.terraformModuleMirror === "" ? null : path.resolve(config.terraformModuleMirror),
      hostEnvironment: process.env,
      bootstrap: (input) => bootstrapScript({ ...input, installed: { node: process.execPath, agent: agentBundle } }),
      coder: { serve: serveCoder, initScript: coderInitScript },
      clock: systemClock,
      random: systemRandom,
      logger,
    }),
  [fakeDriverName]: ({ root }) => new FakeDriver({ root: path.join(root, "fake") }),
};

/** Loaded when the first template asks for it: most daemons never do. */
const serveCoder: ServeCoderProvider = async (facts, options) => {
  const { serveCoderProvider } = await import("../provisioner/coder-provider/coder-provider.ts");
  return await serveCoderProvider(facts, options);
};

function accountRange(text: string): AccountRange | null {
  const range = parseAccountRange(text);
  if (range !== undefined) return range;
  const option = serverOptions.processAccounts.name;
  const message = `${option} is "${text}"; it must be FIRST-LAST, two user ids above 0 such as ${processAccountsDefault}, or off.`;
  throw new ConfigError([{ option, message }]);
}

/** With this word in place of names, what works on the host is found out at the start. */
const automatic = "auto";
const lookedFor: ReadonlySet<string> = new Set([dockerDriverName, terraformDriverName]);

export interface MadeDrivers {
  readonly drivers: readonly Driver[];
  /** Names of those that are only looked for: one that does not work here is no fault. */
  readonly optionalDrivers: ReadonlySet<string>;
}

/** The drivers that the option `provisioner.drivers` names. Errors: `ConfigError` for a name that is none. */
export function makeDrivers(names: string, setting: DriverSetting): MadeDrivers {
  const isAutomatic = names.trim() === automatic;
  const wanted = isAutomatic ? [processDriverName, ...lookedFor] : names.split(",").map((name) => name.trim());
  const drivers = [...new Set(wanted)].map((name) => {
    const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
    if (make !== undefined) return make(setting);
    const option = serverOptions.provisionerDrivers.name;
    const known = [automatic, ...Object.keys(makers)].join(", ");
    throw new ConfigError([{ option, message: `${option} names "${name}", which is no driver. There are: ${known}.` }]);
  });
  return { drivers, optionalDrivers: isAutomatic ? lookedFor : new Set() };
}
