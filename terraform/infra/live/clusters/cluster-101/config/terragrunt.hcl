# One machine configuration for each node.

include "root" {
  path = find_in_parent_folders("root.hcl")
}

terraform {
  source = "${get_repo_root()}/terraform/infra/modules//talos_config"
}

dependency "compute" {
  config_path = "../compute"

  mock_outputs = {
    node_ips = {
      for i in range(3) : format("%scp%02d", local.cluster.cluster_name, i + 1) => cidrhost(local.cluster.network, 11 + i)
    }
    vm_names           = [for i in range(3) : format("%scp%02d", local.cluster.cluster_name, i + 1)]
    k8s_network_config = {}
    talenv_yaml        = ""
  }
  mock_outputs_allowed_terraform_commands = ["validate", "output"]
}

dependency "secrets" {
  config_path = "../secrets"

  mock_outputs = {
    machine_secrets      = {}
    client_configuration = {}
    secrets_yaml         = ""
  }
  mock_outputs_allowed_terraform_commands = ["validate", "output"]
}

locals {
  cluster  = read_terragrunt_config(find_in_parent_folders("cluster.hcl")).locals
  versions = read_terragrunt_config(find_in_parent_folders("common/versions.hcl")).locals
  proxmox  = read_terragrunt_config(find_in_parent_folders("common/proxmox-infrastructure.hcl")).locals

  # Strategic merge patches, for all nodes, for a role, and for single nodes.
  patches = {
    cluster = [
      <<-EOT
      machine:
        sysctls:
          fs.inotify.max_user_instances: "8192"
          net.core.rmem_max: "7500000"
      cluster:
        network:
          cni:
            name: none
        proxy:
          disabled: true
      EOT
      ,
    ]

    control_plane = [
      yamlencode({
        cluster = {
          allowSchedulingOnControlPlanes = local.cluster.workers == 0 ? true : false
          apiServer                      = { certSANs = [local.cluster.vip] }
          etcd                           = { advertisedSubnets = [local.cluster.network] }
          inlineManifests = [
            {
              name     = "cilium"
              contents = file("${get_terragrunt_dir()}/manifests/cilium.yaml")
            },
          ]
        }
      }),
    ]

    worker = [
      <<-EOT
      machine:
        nodeLabels:
          node-role.kubernetes.io/worker: ""
      EOT
      ,
    ]

    nodes = {
      for i in range(local.cluster.workers) : format("%swk%02d", local.cluster.cluster_name, i + 1) => [
        yamlencode({
          machine = {
            nodeLabels = { "topology.kubernetes.io/zone" = element(local.proxmox.nodes, i) }
          }
        }),
      ]
    }
  }
}

inputs = {
  cluster_name     = local.cluster.cluster_name
  cluster_id       = local.cluster.cluster_id
  cluster_endpoint = local.cluster.cluster_endpoint

  talos_version      = local.versions.talos_version
  kubernetes_version = local.versions.kubernetes_version

  all_node_ips        = dependency.compute.outputs.node_ips
  control_plane_names = [for name in keys(dependency.compute.outputs.node_ips) : name if strcontains(name, "cp")]

  vips = {
    kubernetes = local.cluster.vip
  }

  pod_cidrs     = [local.cluster.net.pod_cidr]
  service_cidrs = [local.cluster.net.service_cidr]
  dns_domain    = local.cluster.net.dns_domain
  dns_servers   = local.cluster.net.dns_servers
  ntp_servers   = local.cluster.net.ntp_servers
  gateway       = local.cluster.gateway
  prefix_length = tonumber(element(split("/", local.cluster.network), 1))
  mtu           = local.cluster.net.mtu

  install_disk  = "/dev/sda"
  install_image = local.versions.installer_image
  kernel_args   = ["net.ifnames=0"]
  extensions    = local.versions.talos_extensions

  patches = local.patches

  machine_secrets      = dependency.secrets.outputs.machine_secrets
  client_configuration = dependency.secrets.outputs.client_configuration
}
