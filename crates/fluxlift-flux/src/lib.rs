//! FluxInstance, canaries, the delivered set and the first rungs of repair
