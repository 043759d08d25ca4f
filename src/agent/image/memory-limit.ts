import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import path from "node:path";

const groupsRoot = "/sys/fs/cgroup";
/** Where a control group says its limit, by the version of control groups. */
const files = { 1: "memory.limit_in_bytes", 2: "memory.max" } as const;

/**
 * What the workspace may use: the least of the machine's memory and of the limits of its control group and of all above it.
 * @param read the text of a file, or undefined where there is none; for tests.
 */
export function memoryLimitBytes(read: (file: string) => string | undefined = textOf, machine = totalmem()): number {
  const limits = (read("/proc/self/cgroup") ?? "").split("\n").flatMap((line) => {
    const [id, controllers = "", group = ""] = line.split(":");
    if (id === "0") return limitsOf({ folder: groupsRoot, group, file: files[2] }, read);
    return controllers.split(",").includes("memory")
      ? limitsOf({ folder: `${groupsRoot}/memory`, group, file: files[1] }, read)
      : [];
  });
  return Math.min(machine, ...limits);
}

interface Group {
  readonly folder: string;
  readonly group: string;
  readonly file: string;
}

/** In a container the root of what is mounted is its own group, while the name may be the host's: so the root as well. */
function limitsOf({ folder, group, file }: Group, read: (file: string) => string | undefined): readonly number[] {
  const names: string[] = [];
  for (let at = path.join("/", group); ; at = path.dirname(at)) {
    names.push(at);
    if (at === "/") break;
  }
  return names
    .map((name) => Number(read(path.join(folder, name, file))?.trim() ?? ""))
    .filter((limit) => Number.isFinite(limit) && limit > 0);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
