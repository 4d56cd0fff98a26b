"""What packaging/bench measures: one module per group of figures, each with `figures(settings)`."""
