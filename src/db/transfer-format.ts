/**
 * The format of an export: one gzip stream of text lines.
 *
 * 1. a header, JSON
 * 2. for each table: `{"table":…,"columns":[…]}`, its rows as PostgreSQL's `copy` writes them (text format, so one line
 *    a row), and a line `\.`
 * 3. for each sequence: `{"sequence":…,"lastValue":…,"isCalled":…}`
 * 4. a trailer, JSON, with the rows of each table and the SHA-256 of everything before it
 */
export const exportFormat = "prewarm-export";
export const exportFormatVersion = 1;
export const endOfRows = "\\.";

export interface ExportHeader {
  readonly format: typeof exportFormat;
  readonly formatVersion: number;
  /** Name of the newest migration of the exported database. */
  readonly schemaVersion: string;
  /** ISO 8601, by the database's clock. */
  readonly exportedAt: string;
  readonly postgresVersion: string;
}

export interface ExportTable {
  readonly table: string;
  readonly columns: readonly string[];
}

export interface ExportSequence {
  readonly sequence: string;
  /** A bigint as text, as JSON numbers are not exact. */
  readonly lastValue: string;
  readonly isCalled: boolean;
}

export interface ExportTrailer {
  readonly rows: Readonly<Record<string, number>>;
  readonly sha256: string;
}

export interface TransferReport {
  readonly schemaVersion: string;
  /** Number of rows by table. */
  readonly rows: Readonly<Record<string, number>>;
}

export type TransferErrorCode =
  | "transfer_not_migrated"
  | "transfer_not_empty"
  | "transfer_file"
  | "transfer_file_exists"
  | "transfer_not_an_export"
  | "transfer_format_newer"
  | "transfer_schema_differs"
  | "transfer_truncated"
  | "transfer_damaged"
  | "transfer_failed";

export class TransferError extends Error {
  readonly code: TransferErrorCode;

  constructor(code: TransferErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TransferError";
    this.code = code;
  }
}

type Line =
  | { readonly kind: "header"; readonly header: ExportHeader }
  | { readonly kind: "table"; readonly table: ExportTable }
  | { readonly kind: "sequence"; readonly sequence: ExportSequence }
  | { readonly kind: "trailer"; readonly trailer: ExportTrailer };

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function shapeOf(value: Record<string, unknown>): Line | undefined {
  const { format, formatVersion, schemaVersion, exportedAt, postgresVersion } = value;
  if (format === exportFormat && typeof formatVersion === "number" && isText(schemaVersion)) {
    const header = { format: exportFormat, formatVersion, schemaVersion } as const;
    return {
      kind: "header",
      header: { ...header, exportedAt: String(exportedAt), postgresVersion: String(postgresVersion) },
    };
  }
  const { table, columns, sequence, lastValue, isCalled, rows, sha256 } = value;
  if (isText(table) && Array.isArray(columns) && columns.every(isText))
    return { kind: "table", table: { table, columns } };
  if (isText(sequence) && isText(lastValue) && typeof isCalled === "boolean") {
    return { kind: "sequence", sequence: { sequence, lastValue, isCalled } };
  }
  if (isText(sha256) && isRecord(rows)) {
    const counts = Object.entries(rows).map(([name, count]) => [name, Number(count)] as const);
    return { kind: "trailer", trailer: { rows: Object.fromEntries(counts), sha256 } };
  }
  return undefined;
}

/** A line that is not a row, or undefined when it is none of ours. */
export function parseLine(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? shapeOf(value) : undefined;
  } catch {
    return undefined; // The caller knows where in the file it is, and says so.
  }
}
