"""The drawn charging station: StationView is the widget, StationScene the drawing in it."""

from ui.scene.scene import StationScene
from ui.scene.station_view import StationView

__all__ = ["StationScene", "StationView"]
