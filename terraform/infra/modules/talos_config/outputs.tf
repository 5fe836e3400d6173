# What the native module gives. There is no Terraform behind it, so plain Terragrunt only sees the names.

output "talosconfig" {
  description = "Client configuration for talosctl."
  value       = null
  sensitive   = true
}

output "machine_configs" {
  description = "Machine configuration of each node, by name."
  value       = null
  sensitive   = true
}

output "cluster_endpoint" {
  description = "URL of the Kubernetes API."
  value       = null
}

output "control_plane_ips" {
  description = "Addresses of the control planes."
  value       = null
}

output "all_node_ips" {
  description = "Address of each node, by name."
  value       = null
}

output "all_node_names" {
  description = "Names of the nodes."
  value       = null
}

output "client_configuration" {
  description = "The administrator's certificate."
  value       = null
  sensitive   = true
}

output "secrets_yaml" {
  description = "The bundle as `talosctl gen secrets` writes it."
  value       = null
  sensitive   = true
}
