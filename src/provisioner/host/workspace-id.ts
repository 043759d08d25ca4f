/** Whether a name is one that a workspace may have as its folder: so nothing else in the data folder is taken for one. */
export function isWorkspaceId(text: string): boolean {
  return /^[0-9A-Za-z][0-9A-Za-z-]{0,63}$/.test(text);
}
