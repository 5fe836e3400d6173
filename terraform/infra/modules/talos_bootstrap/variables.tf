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

variable "all_node_names" {
  description = "Names of the nodes that must register."
  type        = list(string)
}

variable "kubeconfig_path" {
  description = "Where the kubeconfig is written, relative to repo_root; `.kube/<cluster>.yaml` when empty."
  type        = string
  default     = ""
}
