import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import type { TemplateDetail } from "../../contracts/api/templates.ts";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import { call } from "../api/call.ts";
import { keys } from "../api/keys.ts";
import { useCall } from "../api/use-call.ts";
import { FormDialog } from "../components/form-dialog.tsx";
import { Skeleton } from "../components/skeleton.tsx";
import { askedAtStart, type ParameterInput, type ParameterTexts } from "./create/parameter-values.ts";
import { useTransition } from "./use-transition.ts";

/** Most starts ask for nothing: the fields are fetched when one does. */
const ParameterFields = lazy(() => import("./create/parameter-fields.tsx"));

export interface Start {
  readonly isPending: boolean;
  /** At once where the template asks for nothing at a start. */
  readonly begin: () => void;
  readonly asked: readonly ParameterInput[] | null;
  readonly close: () => void;
}

/** Starts a workspace, after it has asked for what holds for one build only. Draw a `StartDialog` beside it. */
export function useStart(workspace: Workspace): Start {
  const { template, organization } = workspace;
  const client = useQueryClient();
  const transition = useTransition(workspace);
  const [asked, setAsked] = useState<readonly ParameterInput[] | null>(null);
  const [isLooking, setLooking] = useState(false);
  const look = async (): Promise<void> => {
    setLooking(true);
    const parameters = await client
      .fetchQuery<TemplateDetail>({
        queryKey: keys.templatePart(template, "parameters"),
        queryFn: async () => await call("getTemplate", { params: { template }, query: { organization } }),
      })
      .then(({ manifest }) => askedAtStart(manifest?.parameters ?? [], workspace.parameters))
      // That it is not known what to ask for keeps nobody from his workspace: it has the defaults then.
      .catch((): readonly ParameterInput[] => []);
    setLooking(false);
    if (parameters.length === 0) transition.mutate("start");
    else setAsked(parameters);
  };
  return {
    isPending: isLooking || transition.isPending,
    begin: () => void look(),
    asked,
    close: () => setAsked(null),
  };
}

/** What is asked before a start; nothing while nothing is. */
export function StartDialog({ workspace, start }: { readonly workspace: Workspace; readonly start: Start }) {
  const { asked, close } = start;
  if (asked === null) return null;
  return <OpenStartDialog workspace={workspace} asked={asked} onClose={close} />;
}

interface OpenStartDialogProps {
  readonly workspace: Workspace;
  readonly asked: readonly ParameterInput[];
  readonly onClose: () => void;
}

function OpenStartDialog({ workspace: { id, name }, asked, onClose }: OpenStartDialogProps) {
  const [said, setSaid] = useState<ParameterTexts>({});
  const build = useCall("createBuild", [["workspaces"], ["workspace"]]);
  const begin = (): void => {
    const parameters = Object.keys(said).length === 0 ? {} : { parameters: { ...said } };
    build.mutate({ params: { workspace: id }, body: { transition: "start", ...parameters } }, { onSuccess: onClose });
  };
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title={`Start ${name}`}
      description="What is said here holds for this start. What is left as it is has its default."
      verb={`Start ${name}`}
      error={build.error}
      isBusy={build.isPending}
      onSubmit={begin}
    >
      <Suspense fallback={<Skeleton lines={3} />}>
        <ParameterFields definitions={asked} said={said} error={build.error} onChange={setSaid} />
      </Suspense>
    </FormDialog>
  );
}
