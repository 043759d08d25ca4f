terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

data "coder_parameter" "os" {
  name    = "os"
  default = "linux"
  mutable = false
  option {
    name  = "Linux"
    value = "linux"
  }
}

resource "coder_agent" "main" {
  arch = "amd64"
  os   = data.coder_parameter.os.value
}

resource "coder_external_agent" "main" {
  agent_id = coder_agent.main.id
}

resource "coder_script" "hello" {
  agent_id     = coder_agent.main.id
  display_name = "Hello"
  run_on_start = true
  script       = "echo hello"
}
