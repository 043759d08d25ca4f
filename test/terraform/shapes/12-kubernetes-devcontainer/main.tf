terraform {
  required_providers {
    coder      = { source = "coder/coder" }
    kubernetes = { source = "hashicorp/kubernetes" }
    envbuilder = { source = "coder/envbuilder" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

variable "namespace" {
  type = string
}

data "coder_parameter" "cpu" {
  name    = "cpu"
  type    = "number"
  default = "2"
  mutable = true
  order   = 1
}

data "coder_parameter" "memory" {
  name    = "memory"
  type    = "number"
  default = "2"
  mutable = true
  order   = 2
}

data "coder_parameter" "workspaces_volume_size" {
  name    = "workspaces_volume_size"
  type    = "number"
  default = "10"
  mutable = false
  order   = 3
}

data "coder_parameter" "repo" {
  name    = "repo"
  type    = "string"
  default = "https://git.example.com/one"
  mutable = true
  order   = 4
}

data "coder_parameter" "fallback_image" {
  name    = "fallback_image"
  type    = "string"
  default = "example/base:ubuntu"
  mutable = true
  order   = 5
}

data "coder_parameter" "devcontainer_builder" {
  name    = "devcontainer_builder"
  type    = "string"
  default = "example/builder:1"
  mutable = true
  order   = 6
}

locals {
  env = {
    "CODER_AGENT_TOKEN"      = coder_agent.main.token
    "ENVBUILDER_GIT_URL"     = data.coder_parameter.repo.value
    "ENVBUILDER_INIT_SCRIPT" = coder_agent.main.init_script
  }
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
  dir  = "/workspaces"
}

resource "kubernetes_persistent_volume_claim_v1" "workspaces" {
  metadata {
    name      = "coder-${lower(data.coder_workspace.me.id)}-workspaces"
    namespace = var.namespace
    labels    = { "com.example.user" = data.coder_workspace_owner.me.name }
  }
  wait_until_bound = false
  spec {
    access_modes = ["ReadWriteOnce"]
    resources {
      requests = { storage = "${data.coder_parameter.workspaces_volume_size.value}Gi" }
    }
  }
  lifecycle {
    ignore_changes = all
  }
}

resource "kubernetes_deployment_v1" "main" {
  count            = data.coder_workspace.me.start_count
  wait_for_rollout = false
  metadata {
    name      = "coder-${data.coder_workspace_owner.me.name}-${lower(data.coder_workspace.me.name)}"
    namespace = var.namespace
  }
  spec {
    replicas = "1"
    selector {
      match_labels = { "com.example.user" = data.coder_workspace_owner.me.name }
    }
    template {
      metadata {
        labels = { "com.example.user" = data.coder_workspace_owner.me.name }
      }
      spec {
        container {
          name  = "dev"
          image = data.coder_parameter.devcontainer_builder.value
          dynamic "env" {
            for_each = nonsensitive(local.env)
            content {
              name  = env.key
              value = env.value
            }
          }
          volume_mount {
            mount_path = "/workspaces"
            name       = "workspaces"
          }
        }
        volume {
          name = "workspaces"
          persistent_volume_claim {
            claim_name = kubernetes_persistent_volume_claim_v1.workspaces.metadata.0.name
          }
        }
      }
    }
  }
}

resource "coder_metadata" "info" {
  count       = data.coder_workspace.me.start_count
  resource_id = coder_agent.main.id
  item {
    key   = "git url"
    value = data.coder_parameter.repo.value
  }
}
