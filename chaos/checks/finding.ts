/** Something that is not as it must be, or not yet. */
export interface Finding {
  /** What tells it from others of its kind: an id. */
  readonly about: string;
  readonly what: string;
  readonly evidence: unknown;
}

/** What must be so at rest, and how soon: asked again and again until it is, and a violation when it is not in time. */
export interface Requirement {
  readonly promise: string;
  readonly withinMs: number;
  look(): Promise<readonly Finding[]>;
}
