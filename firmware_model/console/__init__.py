"""The AT console: octets to command lines, command lines to declared commands, replies and indications back."""
