export interface Edit {
  readonly file: string;
  /** Occurs exactly once in the file; a unit test sees to that. */
  readonly find: string;
  readonly replace: string;
}

/** A change for the worse, made on purpose, to see that a test notices. */
export interface Mutation {
  /** In kebab-case, as it is named on the command line. */
  readonly name: string;
  /** What no longer holds. */
  readonly breaks: string;
  readonly edits: readonly Edit[];
  /** Test files that are to notice, those that take least first. */
  readonly tests: readonly string[];
}

/** Mutations of one matter: a heading in the documentation, and a file of its own here. */
export interface MutationGroup {
  readonly title: string;
  readonly mutations: readonly Mutation[];
}
