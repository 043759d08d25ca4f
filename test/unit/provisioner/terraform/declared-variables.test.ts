import { describe, expect, it } from "vitest";
import { declaredVariables, takesText } from "../../../../src/provisioner/drivers/terraform/declared-variables.ts";

const of = (text: string, name = "main.tf") => declaredVariables([{ name, text }]);

describe("the variables that files of Terraform declare", () => {
  it("are found with their types, on one line or several", () => {
    const text = `
variable "namespace" {}
variable "zones" { type = list(string) }
variable region {
  description = "type = map(string) # }"
  type        = string # the name
  default     = "eu"
}
variable "sizes" {
  default = { type = "x" }
  type = object({
    cpu = optional(number, 2),
    tags = map(string)
  })
  validation {
    condition     = length(var.sizes) > 0
    error_message = "No \${upper("type")} here."
  }
}
`;
    expect(of(text)).toEqual([
      { name: "namespace", type: "" },
      { name: "zones", type: "list(string)" },
      { name: "region", type: "string" },
      { name: "sizes", type: "object({cpu=optional(number,2),tags=map(string)})" },
    ]);
  });

  it("are not looked for in comments, texts, heredocs and other blocks", () => {
    const text = `
# variable "a" {}
// variable "b" {}
/* variable "c" {
} */
locals {
  text = "\${join("}", ["{"])} variable \\"d\\" {"
  long = <<-EOT
    variable "e" {
    EOT
  variable = "f"
}
resource "x" "y" {
  variable "g" {}
}
variable "found" { type = bool }
`;
    expect(of(text)).toEqual([{ name: "found", type: "bool" }]);
  });

  it("are read of JSON, also where it is a list", () => {
    const json = JSON.stringify({ variable: { a: { type: "list(string)" }, b: [{ default: 1 }] } });
    expect(of(json, "main.tf.json")).toEqual([
      { name: "a", type: "list(string)" },
      { name: "b", type: "" },
    ]);
    expect(of(JSON.stringify({ variable: [{ c: {} }] }), "main.tf.json")).toEqual([{ name: "c", type: "" }]);
    expect(of("not json", "main.tf.json")).toEqual([]);
  });

  it("have the type of an override file where it names one", () => {
    const files = [
      { name: "a_override.tf", text: 'variable "x" { type = set(string) }\nvariable "y" { default = 1 }' },
      { name: "main.tf", text: 'variable "x" { type = string }\nvariable "y" { type = number }' },
    ];
    expect(declaredVariables(files)).toEqual([
      { name: "x", type: "set(string)" },
      { name: "y", type: "number" },
    ]);
  });

  it("take a text as it is when they are plain, and JSON when they are not", () => {
    const plain = (type: string): boolean => takesText({ name: "x", type });
    expect(["", "string", "number", "bool", "any"].filter(plain)).toHaveLength(5);
    expect(["list(string)", "map(any)", "tuple([string])", "object({a=string})"].filter(plain)).toEqual([]);
  });

  it("end with the file, however it breaks off", () => {
    for (const text of [
      'variable "x" {',
      'variable "x',
      'variable "x" { type = list(',
      "/* variable",
      "a = <<EOT\nx",
    ]) {
      expect(() => of(text)).not.toThrow();
    }
  });
});
