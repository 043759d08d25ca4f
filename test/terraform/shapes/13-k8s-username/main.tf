terraform {
  required_providers {
    coder      = { source = "coder/coder" }
    kubernetes = { source = "hashicorp/kubernetes" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

variable "namespace" {
  type    = string
  default = "coder"
}

resource "coder_agent" "coder" {
  os   = "linux"
  arch = "amd64"
  env  = { HOME_OF = data.coder_workspace_owner.me.name }
}

resource "kubernetes_pod_v1" "main" {
  count = data.coder_workspace.me.start_count
  metadata {
    name      = "coder-${lower(data.coder_workspace_owner.me.name)}-${lower(data.coder_workspace.me.name)}"
    namespace = var.namespace
  }
  spec {
    container {
      name    = "coder-container"
      image   = "example/base:ubuntu"
      command = ["sh", "-c"]
      # The account of the person is made first, and the script runs as that one.
      args = [<<-EOT
        export WORKSPACE_USER="${data.coder_workspace_owner.me.name}"
        env WORKSPACE_USER="$WORKSPACE_USER" sh -c '${coder_agent.coder.init_script}'
      EOT
      ]
      env {
        name  = "CODER_AGENT_TOKEN"
        value = coder_agent.coder.token
      }
    }
  }
}
