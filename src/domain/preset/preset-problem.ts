/** What is wrong with a preset; `field` is a path such as `presets[1].prebuilds.scheduling.schedule[0].cron`. */
export interface PresetProblem {
  /** Name of the preset. */
  readonly preset: string;
  readonly field: string;
  /** The end of a sentence, without its full stop. */
  readonly reason: string;
}

/** A problem by its path below the preset. */
export interface PresetFault {
  readonly field: string;
  readonly reason: string;
}
