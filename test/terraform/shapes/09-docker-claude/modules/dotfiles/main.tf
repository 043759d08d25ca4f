terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}

variable "agent_id" {}

resource "coder_script" "dotfiles" {
  agent_id     = var.agent_id
  display_name = "dotfiles"
  run_on_start = true
  script       = "echo hello"
}
