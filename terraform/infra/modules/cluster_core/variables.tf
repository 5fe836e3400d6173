variable "cluster_id" {
  description = "Number of the cluster; ids and addresses follow from it."
  type        = number
}

variable "cluster_name" {
  description = "Name of the cluster; node names begin with it."
  type        = string
}

variable "nodes" {
  description = "The machines by name: role, vm_id, proxmox_node, ip, ipv6, mac_address, cpu_cores, memory_mb, disk_gb."
  type        = map(any)
}

variable "ip_config" {
  description = "Network, gateway and DNS servers of the machines."
  type        = any
}

variable "network" {
  description = "Bridge, MTU, virtual IP, and the ranges of pods and services."
  type        = any
}

variable "proxmox" {
  description = "Endpoint, CA, API token, hosts and datastore."
  type        = any
  sensitive   = true
}

variable "vm_defaults" {
  description = "Firmware, machine type, CPU type and tags of every machine."
  type        = any
}

variable "talos_image_file_id" {
  description = "The disk image that machines start from."
  type        = string
}

variable "talos_version" {
  description = "Version of Talos in that image."
  type        = string
}

variable "kubernetes_version" {
  description = "Version of Kubernetes."
  type        = string
}
