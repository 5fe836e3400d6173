# The virtual machines: three control planes and three workers.

include "root" {
  path = find_in_parent_folders("root.hcl")
}

terraform {
  source = "${get_repo_root()}/terraform/infra/modules//cluster_core"

  before_hook "announce" {
    commands = ["apply"]
    execute = ["sh", "-c", <<-EOT
      set -eu
      echo "compute: $(echo "${join(" ", keys(local.nodes))}" | wc -w) machines for ${local.cluster.cluster_name}"
    EOT
    ]
  }
}

locals {
  cluster  = read_terragrunt_config(find_in_parent_folders("cluster.hcl")).locals
  proxmox  = read_terragrunt_config(find_in_parent_folders("common/proxmox-infrastructure.hcl")).locals
  versions = read_terragrunt_config(find_in_parent_folders("common/versions.hcl")).locals
  secrets  = read_terragrunt_config(find_in_parent_folders("common/credentials.hcl")).locals

  # One list of all machines; a machine's number decides its address, its id and its host.
  machines = concat(
    [
      for i in range(local.cluster.control_planes) : {
        name   = format("%scp%02d", local.cluster.cluster_name, i + 1)
        role   = "control_plane"
        offset = local.cluster.net.offsets.control_plane + i
        index  = i
      }
    ],
    [
      for i in range(local.cluster.workers) : {
        name   = format("%swk%02d", local.cluster.cluster_name, i + 1)
        role   = "worker"
        offset = local.cluster.net.offsets.worker + i
        index  = i
      }
    ],
  )

  nodes = {
    for machine in local.machines : machine.name => merge(
      local.proxmox.vm_defaults[machine.role],
      {
        role         = machine.role
        vm_id        = tonumber(format("%d%03d", local.cluster.cluster_id, machine.offset))
        proxmox_node = element(local.proxmox.nodes, machine.index)
        ip           = cidrhost(local.cluster.network, machine.offset)
        ipv6         = cidrhost(local.cluster.network_ipv6, machine.offset)
        mac_address  = format("BC:24:11:00:%02X:%02X", local.cluster.cluster_id, machine.offset)
      },
      try(local.proxmox.vm_defaults.overrides[machine.name], {}),
    )
  }
}

inputs = {
  cluster_id   = local.cluster.cluster_id
  cluster_name = local.cluster.cluster_name

  nodes = local.nodes

  ip_config = {
    network      = local.cluster.network
    network_ipv6 = local.cluster.network_ipv6
    gateway      = local.cluster.gateway
    dns_servers  = local.cluster.net.dns_servers
  }

  network = {
    bridge       = local.cluster.net.bridge
    mtu          = local.cluster.net.mtu
    vip          = local.cluster.vip
    pod_cidr     = local.cluster.net.pod_cidr
    service_cidr = local.cluster.net.service_cidr
  }

  proxmox = {
    endpoint     = local.proxmox.endpoint
    ca_file      = local.proxmox.ca_file
    api_token    = local.secrets.proxmox_api_token
    nodes        = local.proxmox.nodes
    datastore_id = local.proxmox.datastore_id
  }

  vm_defaults = {
    for key, value in local.proxmox.vm_defaults : key => value if contains(["bios", "machine", "cpu_type", "tags"], key)
  }

  talos_image_file_id = local.proxmox.talos_image_file_id
  talos_version       = local.versions.talos_version
  kubernetes_version  = local.versions.kubernetes_version
}
