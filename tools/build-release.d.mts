/** Puts another release of this repository into an empty or new folder, installs it and builds it. */
export function buildRelease(release: {
  readonly root: string;
  readonly commit: string;
  readonly folder: string;
}): void;
