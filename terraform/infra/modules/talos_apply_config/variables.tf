variable "machine_configs" {
  description = "Machine configuration of each node, by name."
  type        = map(string)
  sensitive   = true
}

variable "all_node_names" {
  description = "Names of the nodes."
  type        = list(string)
}

variable "all_node_ips" {
  description = "Address of each node, by name."
  type        = map(string)
}

variable "client_configuration" {
  description = "The administrator's certificate."
  type        = any
  sensitive   = true
}

variable "talosconfig" {
  description = "Client configuration for talosctl."
  type        = string
  sensitive   = true
}
