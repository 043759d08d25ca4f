import type { Writable } from "node:stream";
import type { CliWorld } from "../world.ts";
import { errorJson, renderError } from "./error-report.ts";
import { type Paint, paintFor } from "./paint.ts";
import { printableWithStyles } from "./printable.ts";
import { type Column, renderFields, renderTable } from "./table.ts";

/**
 * Where a command says what it has to say: results on standard output, progress and errors on standard error.
 * With `--json` the result is one JSON document, progress is silent and an error is one JSON document too.
 */
export class Output {
  readonly isJson: boolean;
  /** For results. */
  readonly paint: Paint;
  /** For progress and errors, which may go to a terminal while results go to a file. */
  readonly errorPaint: Paint;
  readonly #stdout: Writable;
  readonly #stderr: Writable;
  readonly #isDebug: boolean;

  constructor(world: CliWorld, isJson: boolean) {
    this.isJson = isJson;
    this.paint = paintFor({ isTerminal: world.isOutputTerminal, env: world.env });
    this.errorPaint = paintFor({ isTerminal: world.isErrorTerminal, env: world.env });
    this.#stdout = world.stdout;
    this.#stderr = world.stderr;
    this.#isDebug = Boolean(world.env["PREWARM_DEBUG"]);
  }

  /** The result: `json` with `--json`, else the text that `render` makes. */
  result(json: unknown, render: () => string): void {
    this.line(this.isJson ? JSON.stringify(json, null, 2) : render());
  }

  /** A line of the result; with `--json` as it is, else with what a terminal would obey written out. */
  line(text: string): void {
    this.#stdout.write(`${this.isJson ? text : printableWithStyles(text)}\n`);
  }

  progress(text: string): void {
    if (!this.isJson) this.#stderr.write(`${printableWithStyles(text)}\n`);
  }

  error(error: unknown): void {
    const text = this.isJson ? JSON.stringify(errorJson(error)) : renderError(error, this.errorPaint);
    this.#stderr.write(`${this.isJson ? text : printableWithStyles(text)}\n`);
    if (this.#isDebug && error instanceof Error) this.#stderr.write(`${printableWithStyles(error.stack ?? "")}\n`);
  }

  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
    return renderTable(rows, columns, this.paint);
  }

  fields(fields: readonly (readonly [name: string, value: string])[]): string {
    return renderFields(fields, this.paint);
  }

  /** Says on standard error that a page is not all there is. */
  noteRest(page: { readonly shown: number; readonly offset: number; readonly total: number }): void {
    const seen = page.offset + page.shown;
    if (seen < page.total) this.progress(`${page.shown} of ${page.total} shown; --offset ${seen} shows what follows.`);
  }
}
