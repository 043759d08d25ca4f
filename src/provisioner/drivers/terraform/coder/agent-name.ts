/**
 * The name of an agent whose resource has this name: Terraform allows what a name in an address may not have.
 * `dev_box` is `dev-box`; empty where no letter or digit is in it.
 */
export function agentNameOf(resourceName: string): string {
  return resourceName.replaceAll(/[^a-zA-Z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
}
