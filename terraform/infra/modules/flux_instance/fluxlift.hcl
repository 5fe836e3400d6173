# Phase 2: the controllers, each proven, and then the sync.
native = "flux_instance"
