terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}

variable "agent_id" {}

resource "coder_app" "three" {
  agent_id = var.agent_id
  slug     = "three"
  command  = "top"
}
