variable "talosconfig" {
  description = "Client configuration for talosctl."
  type        = string
  sensitive   = true
}

variable "client_configuration" {
  description = "The administrator's certificate."
  type        = any
  sensitive   = true
}

variable "control_plane_nodes" {
  description = "Address of each control plane, by name."
  type        = map(string)
}

variable "cluster_endpoint" {
  description = "URL of the Kubernetes API."
  type        = string
}

variable "repo_root" {
  description = "Where the kubeconfig is written."
  type        = string
}
