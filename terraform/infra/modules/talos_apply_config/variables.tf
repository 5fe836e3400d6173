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

variable "node_fingerprints" {
  description = "Fingerprints of nodes in maintenance, by name, as their consoles print them."
  type        = map(string)
  default     = {}
}

variable "maintenance_trust" {
  description = "What to believe of a node that is not pinned: \"pinned\" (nothing) or \"first-use\"."
  type        = string
  default     = "pinned"
}
