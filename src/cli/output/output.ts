import type { Writable } from "node:stream";
import type { CliWorld } from "../world.ts";
import { errorJson, renderError } from "./error-report.ts";
import type { OutputForm } from "./form.ts";
import { type Paint, paintFor } from "./paint.ts";
import { printableWithStyles } from "./printable.ts";
import { quietNames } from "./quiet-names.ts";
import { type Column, renderFields, renderTable } from "./table.ts";

/**
 * Where a command says what it has to say: results on standard output, progress and errors on standard error.
 * For programs (`--json`, `-o yaml`) the result is one document, progress is silent and an error is one document too.
 */
export class Output {
  /** Whether a program reads it. */
  readonly isStructured: boolean;
  /** For results. */
  readonly paint: Paint;
  /** For progress and errors, which may go to a terminal while results go to a file. */
  readonly errorPaint: Paint;
  readonly #form: OutputForm;
  readonly #stdout: Writable;
  readonly #stderr: Writable;
  readonly #isDebug: boolean;
  /** Characters of a line on the terminal; undefined where there is none, or nothing is to be wrapped. */
  readonly #lineWidth: number | undefined;

  constructor(world: CliWorld, form: OutputForm) {
    this.#form = form;
    this.isStructured = form.format === "json" || form.format === "yaml";
    this.paint = paintFor({ isTerminal: world.isOutputTerminal, env: world.env });
    this.errorPaint = paintFor({ isTerminal: world.isErrorTerminal, env: world.env });
    this.#stdout = world.stdout;
    this.#stderr = world.stderr;
    this.#isDebug = Boolean(world.env["PREWARM_DEBUG"]);
    this.#lineWidth = world.isOutputTerminal && form.format === "text" ? world.terminalSize?.()?.columns : undefined;
  }

  /**
   * The result: a document for programs, else the text that `render` makes. With `--quiet` only `names`, one a line; they
   * are found by convention (`quiet-names.ts`) unless said.
   */
  result(json: unknown, render: () => string, names?: () => readonly string[]): void {
    if (this.isStructured) this.#stdout.write(this.#document(json));
    else if (this.#form.isQuiet) this.#quiet(names?.() ?? quietNames(json), render);
    else this.line(render());
  }

  /** The same of a result whose text is not to be put together in memory, or to be changed: `show` writes it. */
  written(json: unknown, shown: { readonly names: readonly string[]; readonly show: () => void }): void {
    if (this.isStructured || this.#form.isQuiet)
      this.result(
        json,
        () => "",
        () => shown.names,
      );
    else shown.show();
  }

  /** One of many results that come one after another: a JSON line, a YAML document, or the text. */
  item(json: unknown, render: () => string): void {
    if (this.#form.format === "json") this.#stdout.write(`${JSON.stringify(json)}\n`);
    else if (this.isStructured) this.#stdout.write(`---\n${this.#document(json)}`);
    else this.line(render());
  }

  /** A line of the result for people, with what a terminal would obey written out. */
  line(text: string): void {
    this.#stdout.write(`${printableWithStyles(text)}\n`);
  }

  /** A line before the result, which only people want to read among the results. */
  announce(text: string): void {
    if (!this.isStructured && !this.#form.isQuiet) this.line(text);
  }

  progress(text: string): void {
    if (!this.isStructured && !this.#form.isQuiet) this.#stderr.write(`${printableWithStyles(text)}\n`);
  }

  error(error: unknown): void {
    if (this.#form.format === "json") this.#stderr.write(`${JSON.stringify(errorJson(error))}\n`);
    else if (this.isStructured) this.#stderr.write(this.#document(errorJson(error)));
    else this.#stderr.write(`${printableWithStyles(renderError(error, this.errorPaint))}\n`);
    if (this.#isDebug && error instanceof Error) this.#stderr.write(`${printableWithStyles(error.stack ?? "")}\n`);
  }

  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
    const shown = columns.filter(({ isWide }) => isWide !== true || this.#form.format === "wide");
    return renderTable(rows, shown, { paint: this.paint, lineWidth: this.#lineWidth });
  }

  fields(fields: readonly (readonly [name: string, value: string])[]): string {
    return renderFields(fields, this.paint);
  }

  /** Says on standard error that a page is not all there is. */
  noteRest(page: { readonly shown: number; readonly offset: number; readonly total: number }): void {
    const seen = page.offset + page.shown;
    if (seen < page.total) this.progress(`${page.shown} of ${page.total} shown; --offset ${seen} shows what follows.`);
  }

  #document(json: unknown): string {
    // By way of JSON, so that both say the same: without what is undefined, and with instants as text.
    const text = JSON.stringify(json, null, 2);
    return this.#form.toYaml === undefined ? `${text}\n` : this.#form.toYaml(JSON.parse(text));
  }

  #quiet(names: readonly string[] | undefined, render: () => string): void {
    if (names === undefined) this.line(render());
    for (const name of names ?? []) this.line(name);
  }
}
