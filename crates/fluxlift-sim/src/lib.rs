//! The simulated datacenter: Proxmox, Talos, Kubernetes and Flux, as a world that can be cloned
