import type { DroppedFile } from "./dropped-file.ts";

/** More than so many files of a folder are not read: it is a home folder, and no template. */
const filesReadMax = 20_000;

/** What was chosen with a file field for folders: paths begin with the folder's own name. */
export function chosenFiles(list: FileList): readonly DroppedFile[] {
  return [...list].map((file) => ({ path: file.webkitRelativePath.split("/").slice(1).join("/") || file.name, file }));
}

/** What was dropped: a folder's files, or one archive. */
export async function droppedFiles(transfer: DataTransfer): Promise<readonly DroppedFile[]> {
  // The entries have to be asked for before anything is waited for: after that the transfer is empty.
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const [only] = entries;
  const files: DroppedFile[] = [];
  const isOneFolder = entries.length === 1 && only?.isDirectory === true;
  for (const entry of entries) await collect(entry, isOneFolder ? "" : entry.name, files);
  return files;
}

async function collect(entry: FileSystemEntry, path: string, files: DroppedFile[]): Promise<void> {
  if (files.length >= filesReadMax) return;
  if (entry.isFile) {
    files.push({ path, file: await fileOf(entry as FileSystemFileEntry) });
    return;
  }
  for (const child of await childrenOf(entry as FileSystemDirectoryEntry)) {
    await collect(child, path === "" ? child.name : `${path}/${child.name}`, files);
  }
}

const fileOf = async (entry: FileSystemFileEntry): Promise<File> =>
  await new Promise((resolve, reject) => entry.file(resolve, reject));

/** A reader answers a part of them at a time, and nothing when it is done. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return children;
    children.push(...some);
  }
}
