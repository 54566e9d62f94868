"""Web sockets: the client connections of WSOCKON, and the carrier of the module's MQTT."""
