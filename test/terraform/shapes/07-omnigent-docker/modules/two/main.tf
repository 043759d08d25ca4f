terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}

variable "agent_id" {}

resource "coder_script" "two" {
  agent_id           = var.agent_id
  display_name       = "two"
  run_on_start       = true
  script             = "echo hello"
  start_blocks_login = true
}
