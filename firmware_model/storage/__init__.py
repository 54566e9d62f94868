"""What the module keeps: the configuration variables and the volumes with their files."""
