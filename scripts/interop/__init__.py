"""``scripts/interop-matrix``: what every TLS server of this machine makes of every fault."""
