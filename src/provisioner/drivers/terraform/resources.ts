import type { ProvisionedResource } from "../../../contracts/provisioner-protocol.ts";
import { sensitiveText } from "../../../domain/replacement/plan-report.ts";
import { isMarked } from "../../../domain/replacement/value-at-path.ts";
import { describedResources } from "./coder/described-resources.ts";
import { isCoderType } from "./configuration-outline.ts";
import { fieldsOf, type Fields, itemsOf, numberOf, textOf } from "./json-fields.ts";
import { type Mask, maskOf, sensitiveTexts } from "./secrets.ts";

/** As many as a job's result may hold. */
const resourcesMax = 1_000;
const attributesMax = 64;
const attributeLengthMax = 256;
const keyLengthMax = 128;

/** A template's own words about its resources: `output "prewarm_resources"`, by address (docs/terraform.md). */
const adornmentOutput = "prewarm_resources";

/**
 * What exists, for people, of the `values` of Terraform's JSON (`show -json`): the managed resources of all modules,
 * and each output as a thing of the type `output`. Sensitive values are masked.
 */
export function resourcesOf(values: unknown, ownMask: Mask): readonly ProvisionedResource[] {
  const { outputs, root_module: root } = fieldsOf(values);
  const adornments = fieldsOf(fieldsOf(fieldsOf(outputs)[adornmentOutput])["value"]);
  const all = modulesOf(fieldsOf(root)).flatMap((module) => itemsOf(module["resources"]).map(fieldsOf));
  // A provider may hand a sensitive value on without its mark: `terraform_data` does so from `input` to `output`.
  const theirs = maskOf(all.flatMap((resource) => sensitiveTexts(resource["values"], resource["sensitive_values"])));
  const mask: Mask = (text) => theirs(ownMask(text));
  const descriptions = describedResources(all);
  const managed = all
    .filter((resource) => resource["mode"] === "managed" && isShown(resource, descriptions))
    .map((resource) => resourceOf(resource, { adornments, descriptions, mask }));
  const shown = Object.entries(fieldsOf(outputs))
    .filter(([name]) => name !== adornmentOutput)
    .map(([name, output]) => outputOf(name, fieldsOf(output), mask));
  return [...managed, ...shown].slice(0, resourcesMax);
}

function modulesOf(module: Fields): readonly Fields[] {
  return [module, ...itemsOf(module["child_modules"]).map(fieldsOf).flatMap(modulesOf)];
}

type Descriptions = ReturnType<typeof describedResources>;

/**
 * What the provider for Coder makes is nothing but entries of the state: agents and apps are shown as what they are, and
 * scripts and variables, into which an author may have put a secret, are for the agent alone.
 */
function isShown(resource: Fields, descriptions: Descriptions): boolean {
  return !isCoderType(textOf(resource["type"])) && descriptions.get(idOf(resource))?.isHidden !== true;
}

function idOf(resource: Fields): string {
  return textOf(fieldsOf(resource["values"])["id"]);
}

interface ResourceParts {
  readonly adornments: Fields;
  readonly descriptions: Descriptions;
  readonly mask: Mask;
}

function resourceOf(resource: Fields, { adornments, descriptions, mask }: ResourceParts): ProvisionedResource {
  const address = textOf(resource["address"]);
  const adornment = fieldsOf(adornments[address]);
  const described = descriptions.get(idOf(resource));
  const icon = textOf(adornment["icon"]) || (described?.icon ?? "");
  const dailyCost = numberOf(adornment["daily_cost"]) ?? described?.dailyCost;
  // What the template says of it goes first, also over an attribute of the same name.
  const attributes = new Map<string, string>();
  for (const [key, value] of described?.items ?? [])
    attributes.set(key.slice(0, keyLengthMax), shownValue(value, false, mask));
  for (const [name, value] of Object.entries(fieldsOf(resource["values"]))) {
    if (value === null || attributes.has(name)) continue;
    attributes.set(name, shownValue(value, isMarked(resource["sensitive_values"], [name]), mask));
  }
  return {
    address: address.slice(0, 512),
    type: textOf(resource["type"]).slice(0, 128),
    name: textOf(resource["name"]).slice(0, 256),
    ...(icon === "" ? {} : { icon: icon.slice(0, 256) }),
    ...(dailyCost === undefined || dailyCost < 0 ? {} : { dailyCost: Math.round(dailyCost) }),
    attributes: Object.fromEntries([...attributes].slice(0, attributesMax)),
  };
}

function outputOf(name: string, output: Fields, mask: Mask): ProvisionedResource {
  const value = shownValue(output["value"], output["sensitive"] === true, mask);
  return { address: `output.${name}`.slice(0, 512), type: "output", name: name.slice(0, 256), attributes: { value } };
}

function shownValue(value: unknown, isSensitive: boolean, mask: Mask): string {
  if (isSensitive) return sensitiveText;
  // Masked before it is cut: a piece of a secret is no longer recognized.
  const text = mask(typeof value === "string" ? value : (JSON.stringify(value) ?? "null"));
  return text.length <= attributeLengthMax ? text : `${text.slice(0, attributeLengthMax)}…`;
}
