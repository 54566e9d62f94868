"""The mDNS responder: tells the network the module's name and one service of it."""
