import { Dialog } from "../components/dialog.tsx";
import { queryClient } from "../api/query-client.ts";
import { session } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { SignInForm } from "./sign-in-form.tsx";

/** Over the page, which stays as it is with all that was typed into it. */
export function SessionEnded({ username }: { readonly username: string }) {
  const state = useStore(session);
  const signedIn = (): void => {
    session.set("open");
    void queryClient.invalidateQueries();
  };
  return (
    <Dialog
      isOpen={state === "ended"}
      title="Your session has ended"
      description="Sign in again: what you typed on the page is kept."
    >
      <SignInForm onSignedIn={signedIn} username={username} />
    </Dialog>
  );
}
