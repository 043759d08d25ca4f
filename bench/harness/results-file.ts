import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Outcome } from "./benchmark.ts";
import type { Machine } from "./machine.ts";

export interface BenchmarkResult extends Outcome {
  readonly id: string;
  readonly title: string;
  readonly elapsedMs: number;
}

export interface Results {
  readonly at: string;
  readonly commit: string | null;
  readonly isSmall: boolean;
  readonly machine: Machine;
  readonly benchmarks: readonly BenchmarkResult[];
}

export function writeResults(file: string, results: Results): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
}

export function readResults(file: string): Results {
  // Written by `writeResults` of the same checkout.
  return JSON.parse(readFileSync(file, "utf8")) as Results;
}
