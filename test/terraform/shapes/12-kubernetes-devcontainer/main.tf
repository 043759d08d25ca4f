terraform {
  required_providers {
    coder      = { source = "coder/coder" }
    kubernetes = { source = "hashicorp/kubernetes" }
    envbuilder = { source = "coder/envbuilder" }
    local      = { source = "hashicorp/local" }
  }
}

variable "namespace" {
  type        = string
  description = "Where workspaces are made."
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

variable "cache_repo_docker_config_path" {
  default   = ""
  sensitive = true
}

data "local_sensitive_file" "registry" {
  count    = var.cache_repo_docker_config_path == "" ? 0 : 1
  filename = var.cache_repo_docker_config_path
}

data "coder_parameter" "repo" {
  name    = "repo"
  default = "https://git.example/repo"
  mutable = true
}

data "coder_parameter" "builder" {
  name    = "builder"
  default = "builder:1"
  mutable = true
}

data "coder_parameter" "fallback_image" {
  name    = "fallback_image"
  default = "base:1"
  mutable = true
}

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

data "coder_parameter" "cpu" {
  name    = "cpu"
  default = "2"
  mutable = true
  option {
    name  = "2"
    value = "2"
  }
  option {
    name  = "4"
    value = "4"
  }
}

data "coder_parameter" "memory" {
  name    = "memory"
  default = "4"
  mutable = true
  option {
    name  = "4"
    value = "4"
  }
  option {
    name  = "8"
    value = "8"
  }
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
}

locals {
  envbuilder_env = {
    ENVBUILDER_GIT_URL              = data.coder_parameter.repo.value
    ENVBUILDER_INIT_SCRIPT          = coder_agent.main.init_script
    ENVBUILDER_DOCKER_CONFIG_BASE64 = try(data.local_sensitive_file.registry[0].content, "")
    CODER_AGENT_TOKEN               = coder_agent.main.token
  }
}

resource "envbuilder_cached_image" "cached" {
  count         = data.coder_workspace.me.start_count
  builder_image = data.coder_parameter.builder.value
  git_url       = data.coder_parameter.repo.value
  cache_repo    = "registry.example/cache"
  extra_env     = local.envbuilder_env
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
          name    = "dev"
          image   = "example/base:1"
          command = ["sh", "-c", "eval \"$ENVBUILDER_INIT_SCRIPT\""]
          dynamic "env" {
            for_each = nonsensitive(local.envbuilder_env)
            content {
              name  = env.key
              value = env.value
            }
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
