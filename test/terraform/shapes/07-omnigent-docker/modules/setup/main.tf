terraform {
  required_version = ">= 1.0"
  required_providers {
    coder = { source = "coder/coder", version = ">= 2.13" }
  }
}

variable "agent_id" {
  type = string
}

data "coder_workspace_owner" "me" {}
data "coder_task" "me" {}

resource "coder_script" "setup" {
  agent_id     = var.agent_id
  display_name = "Install setup"
  run_on_start = true
  script       = "echo setup for ${data.coder_workspace_owner.me.name}: task ${data.coder_task.me.enabled}"
}

resource "coder_env" "setup" {
  agent_id       = var.agent_id
  name           = "PATH"
  value          = "/opt/setup/bin"
  merge_strategy = "append"
}
