# What the native module gives. There is no Terraform behind it, so plain Terragrunt only sees the names.

output "node_ips" {
  description = "Address of each node, by name."
  value       = null
}

output "vm_names" {
  description = "Names of the machines."
  value       = null
}

output "k8s_network_config" {
  description = "Network, gateway, virtual IP and ranges, as later units need them."
  value       = null
}

output "talenv_yaml" {
  description = "Names and addresses as YAML, for people and for other tools."
  value       = null
}
