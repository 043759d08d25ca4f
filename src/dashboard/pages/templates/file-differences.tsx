import type { FileDifference } from "../../../contracts/api/template-files.ts";
import { Banner } from "../../components/banner.tsx";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { classNames } from "../../components/class-names.ts";
import { EmptyState } from "../../components/empty-state.tsx";
import { State } from "../../components/state.tsx";
import { useUrlState } from "../../state/url-state.ts";
import { diffPairs, type DiffRow, diffRows } from "./diff-rows.ts";

interface FileDifferencesProps {
  readonly files: readonly FileDifference[];
  readonly isCut: boolean;
}

export default function FileDifferences({ files, isCut }: FileDifferencesProps) {
  const [{ view = "unified" }, change] = useUrlState();
  if (files.length === 0) return <EmptyState title="The files are the same." />;
  const isBeside = view === "split";
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 className="font-semibold">{files.length === 1 ? "1 file differs" : `${files.length} files differ`}</h2>
        <div role="group" aria-label="Layout of differences" className="flex gap-1">
          <Button aria-pressed={!isBeside} onClick={() => change({ view: "" })}>
            Unified
          </Button>
          <Button aria-pressed={isBeside} onClick={() => change({ view: "split" })}>
            Side by side
          </Button>
        </div>
      </div>
      {isCut ? (
        <Banner tone="warn">
          There is too much to show here: the last files are only named. <code>prewarm templates pull</code> fetches
          them.
        </Banner>
      ) : null}
      {files.map((file) => (
        <Card
          key={file.path}
          title={<span className="font-mono break-all">{file.path}</span>}
          actions={
            <State tone={file.change === "added" ? "ok" : file.change === "removed" ? "bad" : "warn"}>
              {file.change}
            </State>
          }
        >
          <Difference file={file} isBeside={isBeside} />
        </Card>
      ))}
    </>
  );
}

function Difference({ file, isBeside }: { readonly file: FileDifference; readonly isBeside: boolean }) {
  const { patch, path, bytesBefore, bytesAfter } = file;
  const sizes = `${bytesBefore ?? 0} bytes before, ${bytesAfter ?? 0} after`;
  if (patch === null) return <p className="text-muted">Not shown: {sizes}.</p>;
  const rows = diffRows(patch);
  if (rows.length === 0) return <p className="text-muted">No lines to show: {sizes}.</p>;
  return (
    <div tabIndex={0} role="region" aria-label={`Difference of ${path}`} className="overflow-x-auto">
      <table className="w-full border-collapse font-mono text-xs">
        <tbody>
          {isBeside
            ? diffPairs(rows).map(([before, after], place) => (
                <tr key={place}>
                  <Side row={before} number={before?.before} />
                  <Side row={after} number={after?.after} />
                </tr>
              ))
            : rows.map((row, place) => (
                <tr key={place}>
                  <LineNumber number={row.before} />
                  <Side row={row} number={row.after} />
                </tr>
              ))}
        </tbody>
      </table>
    </div>
  );
}

const lineLooks: Readonly<Record<DiffRow["kind"], string>> = {
  same: "",
  added: "bg-ok-soft",
  removed: "bg-bad-soft",
  hunk: "bg-hover text-muted",
};
const signs: Readonly<Record<DiffRow["kind"], string>> = { same: " ", added: "+", removed: "-", hunk: "" };

interface SideProps {
  readonly row: DiffRow | null;
  readonly number: number | null | undefined;
}

function Side({ row, number }: SideProps) {
  return (
    <>
      <LineNumber number={number ?? null} />
      <td
        className={classNames(
          "w-1/2 px-2 whitespace-pre-wrap break-all",
          row === null ? "bg-raised" : lineLooks[row.kind],
        )}
      >
        {row === null ? "" : `${signs[row.kind]}${row.text}`}
      </td>
    </>
  );
}

function LineNumber({ number }: { readonly number: number | null }) {
  return <td className="w-10 px-1 text-right align-top text-muted select-none">{number}</td>;
}
