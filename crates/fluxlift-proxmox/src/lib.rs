//! Proxmox VE: REST client, tasks and virtual machines
