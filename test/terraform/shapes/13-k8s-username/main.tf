terraform {
  required_providers {
    coder      = { source = "coder/coder" }
    kubernetes = { source = "hashicorp/kubernetes" }
  }
}

variable "namespace" {
  type        = string
  description = "Where workspaces are made."
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

data "coder_parameter" "home_disk_size" {
  name    = "home_disk_size"
  type    = "number"
  default = "10"
  mutable = true
  validation {
    min = 1
    max = 99999
  }
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
  dir  = "/home/${data.coder_workspace_owner.me.name}"
}

resource "kubernetes_persistent_volume_claim_v1" "home" {
  metadata {
    name      = "box-${data.coder_workspace.me.id}-home"
    namespace = var.namespace
    labels    = { owner = data.coder_workspace_owner.me.name }
  }
  wait_until_bound = false
  spec {
    access_modes = ["ReadWriteOnce"]
    resources {
      requests = { storage = "${data.coder_parameter.home_disk_size.value}Gi" }
    }
  }
}

resource "kubernetes_deployment_v1" "main" {
  count            = data.coder_workspace.me.start_count
  wait_for_rollout = false
  metadata {
    name        = "box-${data.coder_workspace.me.id}"
    namespace   = var.namespace
    annotations = { email = data.coder_workspace_owner.me.email }
  }
  spec {
    replicas = 1
    selector {
      match_labels = { workspace = data.coder_workspace.me.name, owner = data.coder_workspace_owner.me.name }
    }
    strategy {
      type = "Recreate"
    }
    template {
      metadata {
        labels = { workspace = data.coder_workspace.me.name, owner = data.coder_workspace_owner.me.name }
      }
      spec {
        container {
          name  = "dev"
          image = "example/base:1"
          command = ["sh", "-c", <<-EOT
            echo "${data.coder_workspace_owner.me.name}" > "$HOME/user"
            env PERSON=yes sh -c '${coder_agent.main.init_script}'
          EOT
          ]
          env {
            name  = "CODER_AGENT_TOKEN"
            value = coder_agent.main.token
          }
          volume_mount {
            mount_path = "/home/coder"
            name       = "home"
          }
        }
        volume {
          name = "home"
          persistent_volume_claim {
            claim_name = kubernetes_persistent_volume_claim_v1.home.metadata[0].name
          }
        }
      }
    }
  }
}
