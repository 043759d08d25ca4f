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

data "coder_parameter" "host_0" {
  name    = "host_0"
  default = "127.0.0.1"
  mutable = true
}

data "coder_parameter" "host_1" {
  name    = "host_1"
  default = "22"
  mutable = true
}

data "coder_parameter" "host_2" {
  name    = "host_2"
  default = "root"
  mutable = true
}

data "coder_parameter" "host_3" {
  name    = "host_3"
  default = "/srv"
  mutable = true
}

data "coder_parameter" "host_4" {
  name    = "host_4"
  default = "a"
  mutable = true
}

data "coder_parameter" "host_5" {
  name    = "host_5"
  default = "b"
  mutable = true
}

data "coder_parameter" "host_6" {
  name    = "host_6"
  default = "c"
  mutable = true
}

data "coder_parameter" "host_7" {
  name    = "host_7"
  default = "d"
  mutable = true
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
}

resource "random_id" "run" {
  byte_length = 4
}

resource "null_resource" "start" {
  count    = data.coder_workspace.me.start_count
  triggers = { token = coder_agent.main.token }
  connection {
    type = "ssh"
    host = data.coder_parameter.host_0.value
    port = data.coder_parameter.host_1.value
    user = data.coder_parameter.host_2.value
  }
  provisioner "remote-exec" {
    inline = [
      "export CODER_AGENT_TOKEN=${coder_agent.main.token}",
      "echo ${base64encode(coder_agent.main.init_script)} | base64 -d > /tmp/init-${random_id.run.hex}.sh",
      "nohup sh /tmp/init-${random_id.run.hex}.sh > /dev/null 2>&1 &",
    ]
  }
}
