"""Bytes and sockets: how a station reaches its CSMS, and nothing else."""
