"""The front door over JSON-RPC on a loopback WebSocket."""
