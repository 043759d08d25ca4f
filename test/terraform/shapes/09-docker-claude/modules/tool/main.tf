terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}

variable "agent_id" {
  type = string
}

variable "name" {
  type = string
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}

# As the module that signs the person in to their server.
resource "coder_script" "tool" {
  agent_id           = var.agent_id
  display_name       = var.name
  run_on_start       = true
  start_blocks_login = true
  script             = "# at ${data.coder_workspace.me.access_url}\ntest -z \"${data.coder_workspace_owner.me.session_token}\" || echo signed in\n"
}
