terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}

variable "agent_id" {}

resource "coder_script" "one" {
  agent_id     = var.agent_id
  display_name = "one"
  run_on_start = true
  script       = "echo hello"
}
