"""Framing without I/O: OCPP-J messages, schema validation, pending calls, the queue of transaction-related messages."""
