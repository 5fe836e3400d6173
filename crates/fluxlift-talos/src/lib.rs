//! Talos Linux: secrets bundle, machine configuration, gRPC client and node state
