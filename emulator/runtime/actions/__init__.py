"""Every deed as an action: what the window, scripts and the control socket perform alike."""
