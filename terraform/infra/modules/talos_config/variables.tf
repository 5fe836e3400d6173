variable "cluster_name" {
  description = "Name of the cluster."
  type        = string
}

variable "cluster_id" {
  description = "Number of the cluster."
  type        = number
}

variable "cluster_endpoint" {
  description = "URL of the Kubernetes API."
  type        = string
}

variable "talos_version" {
  description = "Version of Talos."
  type        = string
}

variable "kubernetes_version" {
  description = "Version of Kubernetes."
  type        = string
}

variable "all_node_ips" {
  description = "Address of each node, by name."
  type        = map(string)
}

variable "control_plane_names" {
  description = "Names of the control planes."
  type        = list(string)
}

variable "vips" {
  description = "Virtual IPs by use."
  type        = map(string)
}

variable "pod_cidrs" {
  description = "Ranges of pods."
  type        = list(string)
}

variable "service_cidrs" {
  description = "Ranges of services."
  type        = list(string)
}

variable "dns_domain" {
  description = "Domain of the cluster."
  type        = string
}

variable "dns_servers" {
  description = "DNS servers of the nodes."
  type        = list(string)
}

variable "ntp_servers" {
  description = "Time servers of the nodes."
  type        = list(string)
}

variable "gateway" {
  description = "Gateway of the nodes."
  type        = string
}

variable "prefix_length" {
  description = "Prefix length of the nodes' addresses."
  type        = number
}

variable "mtu" {
  description = "MTU of the nodes."
  type        = number
}

variable "install_disk" {
  description = "Disk that Talos installs itself on."
  type        = string
}

variable "install_image" {
  description = "Installer image."
  type        = string
}

variable "kernel_args" {
  description = "Kernel arguments."
  type        = list(string)
}

variable "extensions" {
  description = "System extensions in the image."
  type        = list(string)
}

variable "patches" {
  description = "Strategic merge patches: cluster, control_plane and worker as lists, nodes as lists by name."
  type        = any
}

variable "machine_secrets" {
  description = "The secrets bundle."
  type        = any
  sensitive   = true
}

variable "client_configuration" {
  description = "The administrator's certificate."
  type        = any
  sensitive   = true
}
