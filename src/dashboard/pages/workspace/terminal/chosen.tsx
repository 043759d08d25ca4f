import { useEffect } from "react";
import { Skeleton } from "../../../components/skeleton.tsx";

/** Puts into the address which terminal is shown, so that a page that is loaded again comes back to it. */
export function Chosen({ id, onChoose }: { readonly id: string; readonly onChoose: (id: string) => void }) {
  useEffect(() => onChoose(id));
  return <Skeleton lines={6} />;
}
