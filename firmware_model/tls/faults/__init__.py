"""What the faults of a TLS handshake do, one file for each stage at which they act.

A stage is a kind of value: a transcript, a key, a chain of certificates. A fault is a function that takes such a
value and gives another one. Those that fire are put one after the other, in the order in which they were armed, so
that any of them can be had together; with none armed the value goes through untouched.

A signature passes these stages in this order: :mod:`transcript <.transcript>`, :mod:`hashing <.hashing>`,
:mod:`key <.key>`, :mod:`nonce <.nonce>`, :mod:`numbers <.numbers>`, :mod:`encoding <.encoding>`,
:mod:`octets <.octets>`. Certificates have their own, :mod:`certificates <.certificates>`, and so has each handshake
message on its way out, :mod:`messages <.messages>`.
"""
