"""How it is said: one package per OCPP version, mapping wire messages to service calls and events to messages."""
