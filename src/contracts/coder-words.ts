/**
 * What only a template has that is written for Coder: the address of its provider, or one of its blocks. Words, since
 * only Terraform reads its language; a template that mentions them in a comment alone loses nothing by it.
 */
export const coderWords = /"(?:registry\.(?:terraform\.io|opentofu\.org)\/)?coder\/coder"|"coder_[a-z_]+"/;

/** Whether a file of this path, below a template's folder, is read by Terraform as part of the root module. */
export function isRootConfiguration(path: string): boolean {
  return !path.includes("/") && /\.(?:tf|tf\.json|tofu|tofu\.json)$/.test(path);
}
