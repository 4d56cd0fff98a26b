"""The window: Qt views over the engine's front door."""
