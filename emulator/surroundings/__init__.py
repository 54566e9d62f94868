"""The surroundings of one module: the air, the network behind it, flash, clock and chance."""
