import { FolderUp } from "lucide-react";
import { type DragEvent, useId, useState } from "react";
import { Banner } from "../../components/banner.tsx";
import { classNames } from "../../components/class-names.ts";
import { chosenFiles, droppedFiles } from "./dropped-files.ts";
import type { DroppedFile } from "./dropped-file.ts";
import { packTemplate, uploadBytesUsual } from "./pack-template.ts";

export interface Chosen {
  /** A gzip-compressed tar. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Null of an archive that was made elsewhere. */
  readonly files: number | null;
  readonly called: string;
  /** What the template could be called; empty when that is not known. */
  readonly suggestedName: string;
}

const archiveName = /\.(tgz|tar\.gz)$/i;

/** Takes a folder or an archive, dropped or chosen, and packs it. */
export function DropZone({ onChosen }: { readonly onChosen: (chosen: Chosen) => void }) {
  const [isOver, setOver] = useState(false);
  const [trouble, setTrouble] = useState("");
  const take = async (files: readonly DroppedFile[], called: string): Promise<void> => {
    setTrouble("");
    try {
      const result = await chosenOf(files, called);
      if (typeof result === "string") setTrouble(result);
      else onChosen(result);
    } catch (error) {
      setTrouble(`The files cannot be read: ${error instanceof Error ? error.message : "the browser refused"}.`);
    }
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const called = event.dataTransfer.items[0]?.webkitGetAsEntry()?.name ?? "";
    void droppedFiles(event.dataTransfer).then(async (files) => await take(files, called));
  };
  return (
    <>
      <div
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
        className={classNames(
          "grid justify-items-center gap-2 rounded-lg border border-dashed px-4 py-8 text-center",
          isOver ? "border-accent-text bg-accent-soft" : "border-line-strong",
        )}
      >
        <FolderUp size={24} aria-hidden className="text-muted" />
        <p>Drop the template’s folder or its .tgz here, or choose it:</p>
        <Choosers onChosen={(files, called) => void take(files, called)} />
      </div>
      {trouble === "" ? null : (
        <div className="mt-3" role="alert">
          <Banner tone="bad">{trouble}</Banner>
        </div>
      )}
    </>
  );
}

interface ChoosersProps {
  readonly onChosen: (files: readonly DroppedFile[], called: string) => void;
}

/** The same for who does not drag: a folder, or an archive. */
function Choosers({ onChosen }: ChoosersProps) {
  const id = useId();
  return (
    <>
      <label htmlFor={`${id}-folder`} className="text-sm font-medium">
        Folder of the template
      </label>
      <input
        id={`${id}-folder`}
        type="file"
        className="w-full max-w-full min-w-0"
        {...{ webkitdirectory: "" }}
        onChange={({ target }) => {
          const { files } = target;
          if (files === null || files.length === 0) return;
          onChosen(chosenFiles(files), files[0]?.webkitRelativePath.split("/")[0] ?? "");
        }}
      />
      <label htmlFor={`${id}-archive`} className="text-sm font-medium">
        Archive of the template
      </label>
      <input
        id={`${id}-archive`}
        type="file"
        accept=".tgz,.gz"
        className="w-full max-w-full min-w-0"
        onChange={({ target }) => {
          const file = target.files?.[0];
          if (file !== undefined) onChosen([{ path: file.name, file }], file.name);
        }}
      />
    </>
  );
}

/** What to send, or why not. */
async function chosenOf(files: readonly DroppedFile[], called: string): Promise<Chosen | string> {
  const [only] = files;
  const suggestedName = called
    .replace(archiveName, "")
    .replaceAll(/[^a-zA-Z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  if (files.length === 1 && only !== undefined && archiveName.test(only.path)) {
    if (only.file.size > uploadBytesUsual)
      return `The archive has ${only.file.size} bytes; at most ${uploadBytesUsual} are taken.`;
    return { bytes: new Uint8Array(await only.file.arrayBuffer()), files: null, called, suggestedName };
  }
  const packed = await packTemplate(files);
  if (packed.kind === "refused") return packed.because;
  return { bytes: packed.bytes, files: packed.paths.length, called, suggestedName };
}
