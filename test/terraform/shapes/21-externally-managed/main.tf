terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
}

resource "coder_external_agent" "main" {
  agent_id = coder_agent.main.id
}

resource "coder_app" "files" {
  agent_id = coder_agent.main.id
  slug     = "files"
  url      = "http://127.0.0.1:8000"
}
