"""The brushes of the scene: each module paints one kind of thing, and knows nothing of items or events."""
