"""What the views show: Qt models and plain stores, without painting."""
