terraform {
  required_providers {
    coder = { source = "coder/coder" }
    aws   = { source = "hashicorp/aws" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

data "coder_parameter" "system" {
  name    = "system"
  default = "windows"
}

resource "coder_agent" "main" {
  arch = "amd64"
  os   = data.coder_parameter.system.value
  auth = "aws-instance-identity"
}

resource "aws_instance" "dev" {
  ami           = "ami-1"
  instance_type = "t3.large"
  user_data     = "<powershell>\n${coder_agent.main.init_script}\n</powershell>"
}
