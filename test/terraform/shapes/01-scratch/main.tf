terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}

data "coder_provisioner" "me" {}
data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}

resource "coder_agent" "main" {
  os   = data.coder_provisioner.me.os
  arch = data.coder_provisioner.me.arch
}

resource "coder_env" "greeting" {
  agent_id = coder_agent.main.id
  name     = "GREETING"
  value    = "hello ${data.coder_workspace_owner.me.name}"
}

resource "coder_script" "hello" {
  agent_id     = coder_agent.main.id
  display_name = "Hello"
  run_on_start = true
  script       = "echo \"$GREETING\""
}
