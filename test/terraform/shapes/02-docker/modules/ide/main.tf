terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}

variable "agent_id" {}

data "coder_parameter" "ide" {
  name      = "ide"
  type      = "list(string)"
  form_type = "multi-select"
  default   = jsonencode([])
  mutable   = true
  option {
    name  = "GoLand"
    value = "GO"
  }
  option {
    name  = "PyCharm"
    value = "PY"
  }
}

resource "coder_app" "ide" {
  agent_id = var.agent_id
  slug     = "ide"
  url      = "jetbrains://gateway/coder?token=$SESSION_TOKEN"
  external = true
}
