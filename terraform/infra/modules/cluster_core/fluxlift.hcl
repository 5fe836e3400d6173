# The cluster's virtual machines.
native = "cluster_core"
