terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}

data "coder_parameter" "region" {
  name    = "region"
  default = "eu-west-1"
  mutable = true
  option {
    name  = "EU-WEST-1"
    value = "eu-west-1"
  }
  option {
    name  = "US-EAST-1"
    value = "us-east-1"
  }
}

output "value" {
  value = data.coder_parameter.region.value
}
