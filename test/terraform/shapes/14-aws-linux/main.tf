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
  source = "./modules/region"
}

provider "aws" {
  region = module.region.value
}

data "aws_ami" "ubuntu" {
  most_recent = true
  owners      = ["099720109477"]
  filter {
    name   = "name"
    values = ["ubuntu-*"]
  }
}

resource "coder_agent" "dev" {
  count          = data.coder_workspace.me.start_count
  os             = "linux"
  arch           = "amd64"
  auth           = "aws-instance-identity"
  startup_script = "true"
}

data "cloudinit_config" "user_data" {
  gzip          = false
  base64_encode = false
  boundary      = "//"
  part {
    filename     = "userdata.sh"
    content_type = "text/x-shellscript"
    content      = templatefile("${path.module}/userdata.sh.tftpl", { user = "ada", init_script = try(coder_agent.dev[0].init_script, "") })
  }
}

resource "aws_instance" "dev" {
  ami               = data.aws_ami.ubuntu.id
  availability_zone = "${module.region.value}a"
  instance_type     = "t3.micro"
  user_data         = data.cloudinit_config.user_data.rendered
  root_block_device {
    volume_size = 20
  }
  tags = { Name = "box-${data.coder_workspace_owner.me.name}-${data.coder_workspace.me.name}" }
  lifecycle {
    ignore_changes = [ami]
  }
}

resource "aws_ec2_instance_state" "dev" {
  instance_id = aws_instance.dev.id
  state       = data.coder_workspace.me.transition == "start" ? "running" : "stopped"
}
