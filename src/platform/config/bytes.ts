const unitBytes: Readonly<Record<string, number>> = { "": 1, B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
const shape = /^(-?\d+) ?(B|KiB|MiB|GiB)?$/;

/** Bytes of `1048576`, `512KiB`, `10MiB`, `1GiB`, or undefined when the text has another shape. */
export function parseBytes(text: string): number | undefined {
  const match = shape.exec(text.trim());
  if (match === null) return undefined;
  const bytes = Number(match[1]) * (unitBytes[match[2] ?? ""] ?? 1);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

export function formatBytes(bytes: number): string {
  for (const unit of ["GiB", "MiB", "KiB"]) {
    const size = unitBytes[unit] ?? 1;
    if (bytes !== 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}
