"""What a charging station is: facts, the states derived from them, and the ports to the outside."""
