terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}

variable "agent_id" {}

resource "coder_script" "editor" {
  agent_id     = var.agent_id
  display_name = "editor"
  run_on_start = true
  script       = "echo editor > $HOME/.editor"
}

resource "coder_app" "editor" {
  agent_id     = var.agent_id
  slug         = "editor"
  url          = "http://127.0.0.1:13337/"
  display_name = "Editor"
  share        = "owner"
  healthcheck {
    url       = "http://127.0.0.1:13337/healthz"
    interval  = 5
    threshold = 6
  }
}
