export interface ConfigProblem {
  /** The option's name, when the problem is with one option. */
  readonly option?: string;
  readonly message: string;
}

/** Every problem of a configuration at once: nobody should restart a server five times to find five typing errors. */
export class ConfigError extends Error {
  readonly code = "config_invalid";
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], options?: ErrorOptions) {
    super(problems.map((problem) => problem.message).join("\n"), options);
    this.name = "ConfigError";
    this.problems = problems;
  }
}
