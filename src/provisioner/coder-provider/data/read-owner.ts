import type { JobFacts } from "../job-facts.ts";
import type { Fields } from "../values/value.ts";

/** `coder_workspace_owner` (spec §2.2), with what the real provider says where it is told nothing (spec §1). */
export function readOwner({ owner }: JobFacts): { readonly computed: Fields } {
  return {
    computed: {
      id: owner.id,
      name: owner.username || "default",
      full_name: owner.name || "default",
      email: owner.email || "default@example.com",
      groups: owner.groups,
      ssh_public_key: owner.sshPublicKey,
      ssh_private_key: owner.sshPrivateKey,
      session_token: owner.sessionToken,
      oidc_access_token: owner.oidcAccessToken,
      login_type: owner.loginType,
      rbac_roles: owner.rbacRoles.map(({ name, orgId }) => ({ name, org_id: orgId })),
    },
  };
}
