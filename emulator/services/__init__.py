"""What a charging station does: one module per functional block, meeting the outside through ports only."""
