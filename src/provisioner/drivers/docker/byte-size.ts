const unitBytes: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

/** Bytes of `1073741824`, `512MiB`, `1.5GiB`; the schema has seen to the shape. */
export function sizeBytes(size: string | number): number {
  if (typeof size === "number") return size;
  const [, digits = "0", unit = "B"] = /^([0-9.]+)\s*([A-Za-z]*)$/.exec(size) ?? [];
  return Math.floor(Number(digits) * (unitBytes[unit === "" ? "B" : unit] ?? 1));
}
