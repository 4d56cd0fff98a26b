"""The widgets, each named after the model that it shows."""
