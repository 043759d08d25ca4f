/** A file of a folder that was dropped or chosen. */
export interface DroppedFile {
  /** Below the folder, with `/`. */
  readonly path: string;
  readonly file: Blob;
}
