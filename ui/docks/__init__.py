"""The panels of the main window: docks with a header of their own, and the table of what they hold."""
