/** Names of attributes and blocks, and places in lists, from the outermost on. A set has no places: the path ends there. */
export type AttributePath = readonly (string | number)[];

/** What a person reads in the output of Terraform, with the place in the template that Terraform finds by the path. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  /** What happened, in one line. */
  readonly summary: string;
  /** Why, and what to do. */
  readonly detail: string;
  readonly path: AttributePath;
}

export function problem(path: AttributePath, summary: string, detail: string): Diagnostic {
  return { severity: "error", summary, detail, path };
}

export function warning(path: AttributePath, summary: string, detail: string): Diagnostic {
  return { severity: "warning", summary, detail, path };
}

const severities = { error: 1, warning: 2 } as const;

/** As fields of the message `AttributePath`. */
export function pathMessage(path: AttributePath): { readonly steps: readonly Readonly<Record<string, unknown>>[] } {
  return {
    steps: path.map((step) => (typeof step === "number" ? { elementKeyInt: step } : { attributeName: step })),
  };
}

/** As fields of the message `Diagnostic`. */
export function diagnosticMessage({ severity, summary, detail, path }: Diagnostic): Readonly<Record<string, unknown>> {
  return {
    severity: severities[severity],
    summary,
    detail,
    ...(path.length === 0 ? {} : { attribute: pathMessage(path) }),
  };
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}
