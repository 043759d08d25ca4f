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

locals {
  is_started = data.coder_workspace.me.transition == "start"
  folder     = "${data.coder_parameter.folder.value}/coder-${random_id.folder.hex}"
}

# Stays over stops; only a delete removes it.
resource "null_resource" "home" {
  triggers = {
    folder = local.folder
    host   = data.coder_parameter.host.value
    port   = data.coder_parameter.port.value
    user   = data.coder_parameter.user.value
    key    = data.coder_parameter.key.value
  }

  connection {
    host        = self.triggers.host
    port        = self.triggers.port
    user        = self.triggers.user
    private_key = self.triggers.key
    script_path = "${self.triggers.folder}.sh"
    timeout     = "20s"
  }

  provisioner "remote-exec" {
    when   = destroy
    inline = ["rm -r '${self.triggers.folder}'"]
  }
}

resource "null_resource" "start" {
  count      = local.is_started ? 1 : 0
  depends_on = [null_resource.home]
  # What is said at the destroy may come from here alone.
  triggers = {
    token    = coder_agent.main.token
    owner    = data.coder_workspace_owner.me.name
    folder   = local.folder
    host     = data.coder_parameter.host.value
    port     = data.coder_parameter.port.value
    user     = data.coder_parameter.user.value
    password = data.coder_parameter.auth.value == "password" ? data.coder_parameter.password.value : null
    key      = data.coder_parameter.auth.value == "key" ? data.coder_parameter.key.value : null
  }

  connection {
    type        = "ssh"
    host        = self.triggers.host
    port        = self.triggers.port
    user        = self.triggers.user
    password    = self.triggers.password
    private_key = self.triggers.key
    script_path = "${self.triggers.folder}.sh"
    timeout     = "20s"
  }

  provisioner "remote-exec" {
    inline = [
      "mkdir -p '${local.folder}' && cd '${local.folder}'",
      "export HOME=\"$PWD\" CODER_AGENT_TOKEN='${coder_agent.main.token}'",
      "setsid sh -c 'echo $$ > \"$HOME/pid\"; ${coder_agent.main.init_script}' < /dev/null > \"$HOME/log\" 2>&1 &",
      "until [ -s pid ]; do sleep 0.1; done",
    ]
  }

  provisioner "remote-exec" {
    when   = destroy
    inline = ["kill -KILL \"-$(cat '${self.triggers.folder}/pid')\"", "rm '${self.triggers.folder}/pid'"]
  }
}
