"""TFTP as RFC 1350 has it, without options: the packets, the client of TFTPGET and TFTPPUT, the module's server."""
