terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}

variable "agent_id" {}

resource "coder_script" "clone" {
  agent_id     = var.agent_id
  display_name = "clone"
  run_on_start = true
  script       = "echo hello"
}
