terraform {
  required_providers {
    coder = { source = "coder/coder", version = ">= 2.5" }
  }
}

variable "agent_id" {
  type = string
}

variable "agent_name" {
  type = string
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}

resource "coder_app" "ide" {
  for_each     = toset(["go", "idea"])
  agent_id     = var.agent_id
  slug         = "ide-${each.key}"
  display_name = "IDE ${each.key}"
  external     = true
  url          = "jetbrains://gateway/coder?workspace=${data.coder_workspace.me.name}&owner=${data.coder_workspace_owner.me.name}&agent=${var.agent_name}&token=$SESSION_TOKEN"
}
