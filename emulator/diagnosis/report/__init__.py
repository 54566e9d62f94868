"""Says what was found: to people as text that needs no colours, to programs as JSON."""
