terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}

variable "default" {
  type = string
}

data "coder_parameter" "region" {
  name    = "aws_region"
  default = var.default
  dynamic "option" {
    for_each = { "us-east-1" = "Virginia", "eu-west-1" = "Ireland" }
    content {
      name  = option.value
      value = option.key
      icon  = "/emojis/1f1ea-1f1fa.png"
    }
  }
}

output "value" {
  value = data.coder_parameter.region.value
}
