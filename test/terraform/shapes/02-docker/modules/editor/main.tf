terraform {
  required_providers {
    coder = { source = "coder/coder", version = ">= 2.5" }
  }
}

variable "agent_id" {
  type = string
}

variable "order" {
  type    = number
  default = null
}

variable "port" {
  type    = number
  default = 13337
}

resource "coder_script" "editor" {
  agent_id     = var.agent_id
  display_name = "editor"
  icon         = "/icon/code.svg"
  run_on_start = true
  script       = "#!/bin/sh\necho started >> ~/editor-runs\n"
}

resource "coder_app" "editor" {
  agent_id     = var.agent_id
  slug         = "editor"
  display_name = "Editor in the browser"
  url          = "http://localhost:${var.port}/?folder=/home/coder"
  icon         = "/icon/code.svg"
  subdomain    = false
  share        = "owner"
  order        = var.order
  healthcheck {
    url       = "http://localhost:${var.port}/healthz"
    interval  = 5
    threshold = 6
  }
}
