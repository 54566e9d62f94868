"""The SPI face: a bus master reaches the module over a socket."""
