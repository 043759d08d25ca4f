/** What `coder stat` reads from; tests give it other machines. */
export interface StatSource {
  /** Null where there is no such file, or nobody may read it. */
  readonly read: (file: string) => string | null;
  readonly disk: (path: string) => DiskBlocks;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export interface DiskBlocks {
  readonly blocks: number;
  readonly bfree: number;
  readonly bsize: number;
}

/** In bytes, or in cores. */
export interface Use {
  readonly used: number;
  readonly total: number;
}

/** How long processors are watched for: what they do is a difference of two readings. */
export const cpuSampleMs = 100;
/** Of `/proc/stat`; the kernel says no other to programs, whatever it counts by itself. */
const ticksPerSecond = 100;
/** Version 1 of control groups says no limit by a number near the largest that there is. */
const noLimitBytesMin = 2 ** 60;

const v2 = "/sys/fs/cgroup";
const v1Memory = "/sys/fs/cgroup/memory";
const v1Usage = ["/sys/fs/cgroup/cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/cpu"];
const v1Limit = ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"];

/** Of the machine. Errors: where there is no `/proc`. */
export function hostMemory(source: StatSource): Use {
  const text = mustRead(source, "/proc/meminfo");
  const total = kilobytes(text, "MemTotal");
  return { used: total - kilobytes(text, "MemAvailable"), total };
}

/** Of the container; of the machine where it is none, and where the container has no limit, against all of the machine. */
export function memory(source: StatSource): Use {
  const host = hostMemory(source);
  const current = numberIn(source, `${v2}/memory.current`);
  if (current !== null) {
    const used = Math.max(0, current - (field(source.read(`${v2}/memory.stat`), "inactive_file") ?? 0));
    return { used, total: Math.min(numberIn(source, `${v2}/memory.max`) ?? host.total, host.total) };
  }
  const usage = numberIn(source, `${v1Memory}/memory.usage_in_bytes`);
  const limit = numberIn(source, `${v1Memory}/memory.limit_in_bytes`);
  if (usage === null || limit === null || limit >= noLimitBytesMin) return host;
  const cached = field(source.read(`${v1Memory}/memory.stat`), "total_inactive_file") ?? 0;
  return { used: Math.max(0, usage - cached), total: Math.min(limit, host.total) };
}

/** Of the machine, in cores. */
export async function hostCpu(source: StatSource): Promise<Use> {
  const busySeconds = (): number => busyTicks(mustRead(source, "/proc/stat")) / ticksPerSecond;
  return { used: await rate(source, busySeconds), total: cores(source) };
}

/** Of the container, in cores; of the machine where it is none. */
export async function cpu(source: StatSource): Promise<Use> {
  const used = usedSeconds(source);
  if (used === null) return await hostCpu(source);
  return { used: await rate(source, used), total: Math.min(coresAllowed(source) ?? Infinity, cores(source)) };
}

export function disk(source: StatSource, path: string): Use {
  const { blocks, bfree, bsize } = source.disk(path);
  return { used: (blocks - bfree) * bsize, total: blocks * bsize };
}

/** How a container's processor time is read; null where there is no container. */
function usedSeconds(source: StatSource): (() => number) | null {
  // The root of all groups has the one file and not the other.
  if (source.read(`${v2}/memory.current`) !== null) {
    return () => (field(source.read(`${v2}/cpu.stat`), "usage_usec") ?? 0) / 1e6;
  }
  if (coresAllowed(source) === null) return null;
  const file = v1Usage.map((folder) => `${folder}/cpuacct.usage`).find((each) => source.read(each) !== null);
  return file === undefined ? null : () => (numberIn(source, file) ?? 0) / 1e9;
}

/** Null: as many as there are. */
function coresAllowed(source: StatSource): number | null {
  const [quota = "", period = ""] = (source.read(`${v2}/cpu.max`) ?? "").trim().split(" ");
  if (/^\d+$/.test(quota) && Number(period) > 0) return Number(quota) / Number(period);
  for (const folder of v1Limit) {
    const [allowed, of] = [
      numberIn(source, `${folder}/cpu.cfs_quota_us`),
      numberIn(source, `${folder}/cpu.cfs_period_us`),
    ];
    if (allowed !== null && allowed > 0 && of !== null && of > 0) return allowed / of;
  }
  return null;
}

async function rate(source: StatSource, seconds: () => number): Promise<number> {
  const [before, beganMs] = [seconds(), source.nowMs()];
  await source.sleep(cpuSampleMs);
  const passedMs = source.nowMs() - beganMs;
  return passedMs <= 0 ? 0 : Math.max(0, ((seconds() - before) * 1_000) / passedMs);
}

function cores(source: StatSource): number {
  return mustRead(source, "/proc/stat").match(/^cpu\d+ /gm)?.length ?? 1;
}

/** All of the first line but idle and waiting; time of guests is in that of users. */
function busyTicks(text: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (text.split("\n")[0] ?? "")
    .split(/ +/)
    .slice(1)
    .map(Number);
  return user + nice + system + irq + softirq + steal;
}

function mustRead(source: StatSource, file: string): string {
  const text = source.read(file);
  if (text === null) throw new Error(`${file} cannot be read, so this cannot be told here`);
  return text;
}

function kilobytes(text: string, name: string): number {
  return (field(text, `${name}:`) ?? 0) * 1_024;
}

/** The number behind a word at the beginning of a line. */
function field(text: string | null, name: string): number | null {
  const line = text?.split("\n").find((each) => each.startsWith(`${name} `));
  return line === undefined ? null : Number(/\d+/.exec(line.slice(name.length))?.[0] ?? 0);
}

/** Null where the file says a word, such as `max`. */
function numberIn(source: StatSource, file: string): number | null {
  const text = source.read(file)?.trim();
  return text === undefined || !/^-?\d+$/.test(text) ? null : Number(text);
}
