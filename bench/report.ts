import { cellsOf } from "./harness/table.ts";
import type { BenchmarkResult, Results } from "./harness/results-file.ts";

const cells = (list: readonly string[]): string => `| ${list.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

/** The figures as Markdown: the machine, then each benchmark with its set-up, its table and its targets. */
export function renderReport(results: Results): string {
  return `${[machineLines(results), summaryLines(results), ...results.benchmarks.map(benchmarkLines)]
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function machineLines({ machine, at, commit, isSmall }: Results): readonly string[] {
  return [
    ...(isSmall
      ? ["**Sizes of seconds: these figures show that the benchmarks work, and nothing about speed.**", ""]
      : []),
    `Measured on ${at.slice(0, 10)}${commit === null ? "" : ` at commit \`${commit}\``}, on ${machine.cores} cores ` +
      `(${machine.cpuModel}) with ${machine.memoryGiB} GiB, ${machine.platform}, Node ${machine.nodeVersion}, ` +
      `PostgreSQL ${machine.postgresVersion} (embedded, fsync on), load average before the run ${machine.loadAverage}.`,
  ];
}

function summaryLines({ benchmarks }: Results): readonly string[] {
  return [
    "| benchmark | target | wanted | measured | |",
    "|---|---|---|---|---|",
    ...benchmarks.flatMap(({ id, targets }) =>
      targets.map((target) =>
        cells([id, target.what, target.wanted, target.measured, target.isMet ? "met" : "**missed**"]),
      ),
    ),
  ];
}

function benchmarkLines(benchmark: BenchmarkResult): readonly string[] {
  const { heads, lines } = cellsOf(benchmark.rows);
  return [
    `## ${benchmark.id}: ${benchmark.title}`,
    "",
    benchmark.setup,
    "",
    cells(heads),
    `|---|${heads
      .slice(1)
      .map(() => "---:|")
      .join("")}`,
    ...lines.map(cells),
  ];
}
