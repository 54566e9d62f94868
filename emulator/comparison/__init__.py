"""Two modules at the same transcript: what differs, what may differ, and what the reference says about it."""
