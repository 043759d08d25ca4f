terraform {
  required_providers {
    coder  = { source = "coder/coder" }
    docker = { source = "kreuzwerker/docker" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
  env  = { TEXMFHOME = "/home/${data.coder_workspace_owner.me.name}/texmf" }
  metadata {
    key          = "disk"
    display_name = "Disk"
    script       = "df -h / | tail -1"
    interval     = 600
    timeout      = 10
  }
}

resource "docker_volume" "home" {
  name = "coder-${data.coder_workspace.me.id}-home"
  lifecycle {
    ignore_changes = all
  }
}

resource "docker_container" "workspace" {
  count = data.coder_workspace.me.start_count
  image = "example/texlive:latest"
  name  = "coder-${data.coder_workspace_owner.me.name}-${lower(data.coder_workspace.me.name)}"
  entrypoint = ["sh", "-c", <<-EOT
    # What comes first is the template's own.
    export TEX_READY="yes"
    mkdir -p "$HOME/texmf" && echo "$TEX_READY" > "$HOME/texmf/ready"
    ${coder_agent.main.init_script}
  EOT
  ]
  env = ["CODER_AGENT_TOKEN=${coder_agent.main.token}"]
  volumes {
    container_path = "/home/coder"
    volume_name    = docker_volume.home.name
  }
}
