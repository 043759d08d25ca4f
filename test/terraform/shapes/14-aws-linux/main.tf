terraform {
  required_providers {
    coder     = { source = "coder/coder" }
    aws       = { source = "hashicorp/aws" }
    cloudinit = { source = "hashicorp/cloudinit" }
  }
}

data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

module "region" {
  source  = "./modules/region"
  default = "us-east-1"
}

provider "aws" {
  region = module.region.value
}

data "coder_parameter" "instance_type" {
  name    = "instance_type"
  default = "t3.micro"
  mutable = false
  option {
    name  = "Small"
    value = "t3.micro"
  }
  option {
    name  = "Large"
    value = "t3.large"
  }
}

data "aws_ami" "ubuntu" {
  most_recent = true
  owners      = ["000000000000"]
  filter {
    name   = "name"
    values = ["ubuntu-*"]
  }
}

resource "coder_agent" "dev" {
  count = data.coder_workspace.me.start_count
  arch  = "amd64"
  auth  = "aws-instance-identity"
  os    = "linux"
}

resource "coder_agent_instance" "dev" {
  count       = data.coder_workspace.me.start_count
  agent_id    = coder_agent.dev[0].id
  instance_id = aws_instance.dev.id
}

resource "coder_app" "editor" {
  count    = data.coder_workspace.me.start_count
  agent_id = coder_agent.dev[0].id
  slug     = "editor"
  url      = "http://localhost:13337"
}

data "cloudinit_config" "user_data" {
  gzip          = false
  base64_encode = false
  part {
    filename     = "cloud-config.yaml"
    content_type = "text/cloud-config"
    content      = templatefile("${path.module}/cloud-init/config.yaml.tftpl", { hostname = lower(data.coder_workspace.me.name) })
  }
  part {
    filename     = "userdata.sh"
    content_type = "text/x-shellscript"
    content = templatefile("${path.module}/cloud-init/userdata.sh.tftpl", {
      linux_user  = "coder"
      init_script = try(coder_agent.dev[0].init_script, "")
    })
  }
}

resource "aws_instance" "dev" {
  ami           = data.aws_ami.ubuntu.id
  instance_type = data.coder_parameter.instance_type.value
  user_data     = data.cloudinit_config.user_data.rendered
  tags = {
    Name  = "coder-${data.coder_workspace_owner.me.name}-${data.coder_workspace.me.name}"
    Coder = "yes"
  }
  lifecycle {
    ignore_changes = [ami]
  }
}

resource "aws_ec2_instance_state" "dev" {
  instance_id = aws_instance.dev.id
  state       = data.coder_workspace.me.transition == "start" ? "running" : "stopped"
}

resource "coder_metadata" "workspace_info" {
  resource_id = aws_instance.dev.id
  item {
    key   = "instance type"
    value = aws_instance.dev.instance_type
  }
}
