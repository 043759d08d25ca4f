terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}

variable "agent_id" {}

resource "coder_script" "login" {
  agent_id     = var.agent_id
  display_name = "login"
  run_on_start = true
  script       = "echo hello"
}
