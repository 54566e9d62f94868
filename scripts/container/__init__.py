"""``scripts/image``: builds the container image and tries it as its users would."""
