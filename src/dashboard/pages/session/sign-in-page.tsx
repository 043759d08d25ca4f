import { usePageTitle } from "../../components/page-title.ts";
import { SignInForm } from "../../shell/sign-in-form.tsx";
import { basePath } from "../../state/server-facts.ts";
import { useUrlState } from "../../state/url-state.ts";
import { returnAddress } from "./return-address.ts";

/** Signs in, and goes back to where one came from. */
export default function SignInPage() {
  usePageTitle("Sign in");
  const [{ to = "" }] = useUrlState();
  // Loaded anew, so that nothing of whoever was signed in before is left; and not every address is one of the dashboard.
  const goOn = (): void => location.replace(returnAddress(to, location.origin) ?? `${basePath}/workspaces`);
  return (
    <div className="mx-auto mt-[8vh] max-w-88">
      <h1 className="mb-6 flex items-center gap-3 text-xl font-semibold">
        <img src={`${basePath}/icon.svg`} alt="" width={28} height={28} />
        Sign in to Prewarm
      </h1>
      <SignInForm onSignedIn={goOn} />
      <p className="mt-6 text-xs text-muted">Forgot your password? An administrator can set a new one.</p>
    </div>
  );
}
