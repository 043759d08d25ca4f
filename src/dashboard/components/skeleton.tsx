import { useEffect, useState } from "react";

const waitMs = 150;

/** Whether it lasts long enough to say so: for less, anything that appears would only flicker. */
export function useIsSlow(): boolean {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), waitMs);
    return () => clearTimeout(timer);
  }, []);
  return isSlow;
}

/** Lines of the height that the content will have. It takes its place at once, and is seen after 150 ms. */
export function Skeleton({ lines = 3, height = "1.25rem" }: { readonly lines?: number; readonly height?: string }) {
  const isSlow = useIsSlow();
  return (
    <div role="status" aria-label="Loading" className={isSlow ? "" : "invisible"}>
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} style={{ height }} className="mb-2 animate-pulse rounded bg-pressed" />
      ))}
    </div>
  );
}
