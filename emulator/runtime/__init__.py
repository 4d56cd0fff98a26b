"""The front door: one class, Emulator, with actions in and events and snapshots out."""
