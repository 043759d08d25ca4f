// What `coder stat` says of machines and containers of several kinds.
import { expect, test } from "vitest";
import { coderStat } from "../../../src/agent/coder/stat-command.ts";
import type { StatSource } from "../../../src/agent/coder/stat-readings.ts";

const gi = 1_024 ** 3;

/** A machine by its files; a text that changes is one for each reading. */
function machine(files: Readonly<Record<string, string | readonly string[]>>): StatSource {
  let nowMs = 5_000;
  const reads = new Map<string, number>();
  return {
    read: (file) => {
      const content = files[file];
      if (content === undefined || typeof content === "string") return content ?? null;
      // A file that changes does so while somebody sleeps.
      return content[Math.min(reads.get("slept") ?? 0, content.length - 1)] ?? null;
    },
    disk: (path) => {
      if (path === "/gone") throw new Error("ENOENT: no such file or directory, statfs '/gone'");
      return path === "/home"
        ? { blocks: 1_000, bfree: 250, bsize: 4_096 }
        : { blocks: 10 * gi, bfree: 4 * gi, bsize: 1 };
    },
    nowMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
      reads.set("slept", (reads.get("slept") ?? 0) + 1);
    },
  };
}

// Of four processors one was busy between two readings: 10 of 100 ticks a second.
const proc = {
  "/proc/meminfo": "MemTotal:       16777216 kB\nMemFree:         1000 kB\nMemAvailable:   12582912 kB\n",
  "/proc/stat": [
    "cpu  100 0 50 1000 20 5 5 0 7 0\ncpu0 1\ncpu1 1\ncpu2 1\ncpu3 1\nintr 5\n",
    "cpu  106 1 52 1030 25 5 6 0 9 0\ncpu0 1\ncpu1 1\ncpu2 1\ncpu3 1\nintr 6\n",
  ],
};

const v2 = {
  ...proc,
  "/sys/fs/cgroup/memory.current": `${3 * gi}\n`,
  "/sys/fs/cgroup/memory.stat": `anon 100\ninactive_file ${gi}\nactive_file 1\n`,
  "/sys/fs/cgroup/memory.max": `${4 * gi}\n`,
  "/sys/fs/cgroup/cpu.max": "150000 100000\n",
  "/sys/fs/cgroup/cpu.stat": ["usage_usec 1000000\nuser_usec 1\n", "usage_usec 1080000\nuser_usec 2\n"],
};

const v2Unlimited = { ...v2, "/sys/fs/cgroup/memory.max": "max\n", "/sys/fs/cgroup/cpu.max": "max 100000\n" };

const v1 = {
  ...proc,
  "/sys/fs/cgroup/memory/memory.usage_in_bytes": `${2 * gi}\n`,
  "/sys/fs/cgroup/memory/memory.limit_in_bytes": `${8 * gi}\n`,
  "/sys/fs/cgroup/memory/memory.stat": `cache 5\ntotal_inactive_file ${gi}\n`,
  "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000\n",
  "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
  "/sys/fs/cgroup/cpu,cpuacct/cpuacct.usage": ["5000000000\n", "5050000000\n"],
};

const v1Unlimited = {
  ...v1,
  "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
  "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
};

test.each([
  ["a machine", proc, "cpu", "1/4 cores (25%)"],
  ["a machine", proc, "mem", "4/16 GiB (25%)"],
  ["a container of version 2", v2, "cpu", "0.8/1.5 cores (53%)"],
  ["a container of version 2", v2, "mem", "2/4 GiB (50%)"],
  ["a container of version 2", v2, "cpu --host", "1/4 cores (25%)"],
  ["a container of version 2", v2, "mem --host", "4/16 GiB (25%)"],
  ["one without limits", v2Unlimited, "cpu", "0.8/4 cores (20%)"],
  ["one without limits", v2Unlimited, "mem", "2/16 GiB (13%)"],
  ["a container of version 1", v1, "cpu", "0.5/2 cores (25%)"],
  ["a container of version 1", v1, "mem", "1/8 GiB (13%)"],
  ["one of version 1 without limits", v1Unlimited, "cpu", "1/4 cores (25%)"],
  ["one of version 1 without limits", v1Unlimited, "mem", "4/16 GiB (25%)"],
  ["a machine", proc, "disk", "6/10 GiB (60%)"],
  ["a machine", proc, "disk --path /home", "2.9/3.9 MiB (75%)"],
  ["a machine", proc, "disk --path /home --prefix Ki", "3000/4000 KiB (75%)"],
  ["a machine", proc, "mem --prefix T", "0/0 TiB (25%)"],
  ["a machine", proc, "mem -o json", '{"used":4,"total":16,"unit":"GiB","percent":25}'],
  ["a machine", proc, "cpu --output json", '{"used":1,"total":4,"unit":"cores","percent":25}'],
  ["a machine", proc, "", "cpu   1/4 cores (25%)\nmem   4/16 GiB (25%)\ndisk  6/10 GiB (60%)"],
] as const)("of %s (%#), coder stat says what is used of what there is", async (_, files, words, said) => {
  expect(await coderStat(words.split(" ").filter(Boolean), machine(files))).toBe(said);
});

test.each([
  ["gpu", /no statistic "gpu": name one of cpu, mem, disk/],
  ["mem disk", /no statistic "mem disk"/],
  ["mem --prefix Pi", /no prefix "Pi": name one of Ki, Mi, Gi, Ti/],
  ["mem -o yaml", /no output "yaml"/],
  ["mem --unknown", /unknown/],
  ["disk --path /gone", /statfs '\/gone'/],
])("coder stat %s is refused with the reason", async (words, reason) => {
  await expect(coderStat(words.split(" "), machine(proc))).rejects.toThrow(reason);
});

test("where there is no /proc it says what it could not read", async () => {
  await expect(coderStat(["mem"], machine({}))).rejects.toThrow("/proc/meminfo cannot be read");
});
