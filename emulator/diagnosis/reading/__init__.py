"""From files to conversations: capture files, link layers, IP and TCP, and the text logs that hold TLS messages.

Everything is a stream and bounded: nothing is held but what a connection still waits for.
"""
