terraform {
  required_providers {
    coder  = { source = "coder/coder" }
    null   = { source = "hashicorp/null" }
    random = { source = "hashicorp/random" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

data "coder_parameter" "host" {
  name    = "ssh_host"
  type    = "string"
  default = "192.0.2.1"
  mutable = true
}

data "coder_parameter" "port" {
  name    = "ssh_port"
  type    = "number"
  default = "22"
  mutable = true
}

data "coder_parameter" "user" {
  name    = "ssh_user"
  type    = "string"
  default = "dev"
  mutable = true
}

data "coder_parameter" "auth" {
  name    = "ssh_auth"
  type    = "string"
  default = "password"
  mutable = true
  option {
    name  = "Password"
    value = "password"
  }
  option {
    name  = "Key"
    value = "key"
  }
}

data "coder_parameter" "password" {
  name    = "ssh_password"
  type    = "string"
  default = ""
  mutable = true
  styling = jsonencode({ mask_input = true })
}

data "coder_parameter" "key" {
  name    = "ssh_key"
  type    = "string"
  default = ""
  mutable = true
}

data "coder_parameter" "shell" {
  name    = "ssh_shell"
  type    = "string"
  default = "sh"
  mutable = true
}

data "coder_parameter" "folder" {
  name    = "ssh_folder"
  type    = "string"
  default = "/home/dev"
  mutable = true
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
  dir  = data.coder_parameter.folder.value
}

resource "random_id" "folder" {
  byte_length = 4
  keepers     = { workspace = data.coder_workspace.me.id }
}

resource "null_resource" "start" {
  count = data.coder_workspace.me.transition == "start" ? 1 : 0
  triggers = {
    token  = coder_agent.main.token
    folder = random_id.folder.hex
  }
  connection {
    type     = "ssh"
    host     = data.coder_parameter.host.value
    port     = data.coder_parameter.port.value
    user     = data.coder_parameter.user.value
    password = data.coder_parameter.auth.value == "password" ? data.coder_parameter.password.value : null
  }
  provisioner "remote-exec" {
    inline = [
      "mkdir -p ~/.coder-${random_id.folder.hex}",
      "export CODER_AGENT_TOKEN=${coder_agent.main.token}; nohup sh -c '${coder_agent.main.init_script}' > ~/.coder-${random_id.folder.hex}/log 2>&1 &",
    ]
  }
}
