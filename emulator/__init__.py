"""Forecourt's engine: an OCPP charging station without a window."""
