import { useMutation, useQueryClient } from "@tanstack/react-query";
import { refusalOf } from "../../../contracts/workspace-actions.ts";
import type { ApiError } from "../../api/api-error.ts";
import { call } from "../../api/call.ts";
import { Button } from "../../components/button.tsx";
import { Time } from "../../components/time.tsx";
import { showToast } from "../../components/toasts.ts";
import type { WorkspaceTabProps } from "./workspace-tabs.ts";

const hourMs = 3_600_000;

/** When it is stopped, and what puts that off. Nothing where nothing stops it. */
export function Deadline({ workspace, me }: WorkspaceTabProps) {
  const client = useQueryClient();
  const extend = useMutation<unknown, ApiError, number>({
    mutationFn: async (hours) =>
      await call("extendWorkspace", { params: { workspace: workspace.id }, body: { byMs: hours * hourMs } }),
    onError: ({ message, next }) => showToast({ tone: "bad", text: `${message} ${next}` }),
    onSettled: async () => await client.invalidateQueries({ queryKey: ["workspace"] }),
  });
  const { deadlineAt } = workspace;
  if (deadlineAt === null) return null;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span>
        Stops <Time at={deadlineAt} />.
      </span>
      {[1, 4].map((hours) => (
        <Button
          key={hours}
          disabledBecause={refusalOf("extend", workspace, me)}
          isBusy={extend.isPending}
          onClick={() => extend.mutate(hours)}
        >
          +{hours} h
        </Button>
      ))}
    </div>
  );
}
