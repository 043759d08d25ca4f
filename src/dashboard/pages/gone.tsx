import { Button } from "../components/button.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { useGoTo } from "../state/url-state.ts";

interface GoneProps {
  readonly name: string;
  readonly crumb: { readonly label: string; readonly to: string };
  /** What the button does that leads to the others. */
  readonly onward: string;
  readonly why: string;
}

/** What was on this page a moment ago is no more. */
export function Gone({ name, crumb, onward, why }: GoneProps) {
  const goTo = useGoTo();
  return (
    <>
      <PageHeader title={name} crumbs={[crumb]} />
      <EmptyState title={`${name} is gone.`} action={<Button onClick={() => goTo(crumb.to)}>{onward}</Button>}>
        {why}
      </EmptyState>
    </>
  );
}
