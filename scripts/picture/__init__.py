"""``scripts/console-picture``: what docs/console.md shows of the web console."""
