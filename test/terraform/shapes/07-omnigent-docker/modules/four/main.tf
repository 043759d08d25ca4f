terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}

variable "agent_id" {}

resource "coder_env" "four" {
  agent_id = var.agent_id
  name     = "FOUR"
  value    = "4"
}
