# What all clusters' networks have in common. Addresses follow from the cluster's number.

locals {
  # Cluster 101 lives in 127.101.0.0/24, so that every simulated node can listen on Talos's own port. A real site has
  # something like "10.%d.0.0/24" here.
  ipv4_network = "127.%d.0.0/24"
  ipv6_network = "fd00:%d::/64"

  bridge      = "vmbr0"
  mtu         = 1500
  dns_servers = ["127.101.0.1"]
  ntp_servers = ["time.cloudflare.com"]
  dns_domain  = "cluster.local"

  pod_cidr     = "10.244.0.0/16"
  service_cidr = "10.96.0.0/12"

  # The last part of a node's or a service's address.
  offsets = {
    gateway       = 1
    vip           = 10
    control_plane = 11
    worker        = 21
  }
}
