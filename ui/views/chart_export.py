"""Charts as files: PNG, SVG, CSV."""

from __future__ import annotations

import csv
from math import isnan
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from ui.models.log_cells import utc_text
from ui.models.series import COLUMNS, Series


def export_chart(path: Path, widget: QWidget, series: Series, evse: int) -> None:
    """Write the picture (.png, .svg) or the samples of an EVSE (.csv); OSError when the file cannot be written."""
    match path.suffix.lower():
        case ".csv":
            _write_csv(path, series, evse)
        case ".svg":
            _write_svg(path, widget)
        case ".png":
            if not widget.grab().save(str(path)):
                raise OSError(f"{path}: the picture cannot be written there")
        case suffix:
            raise OSError(f"{path}: a chart can be written as .png, .svg or .csv, not as {suffix or 'a file without'}")


def _write_svg(path: Path, widget: QWidget) -> None:
    from PySide6.QtSvg import QSvgGenerator

    path.touch()  # QSvgGenerator does not say that it could not write
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setResolution(widget.logicalDpiX())  # without it all text is a quarter too small
    generator.setSize(QSize(widget.width(), widget.height()))
    generator.setViewBox(QRect(0, 0, widget.width(), widget.height()))
    generator.setTitle("Forecourt chart")
    painter = QPainter(generator)
    widget.render(painter, QPoint())
    painter.end()


def _write_csv(path: Path, series: Series, evse: int) -> None:
    samples = series.samples(evse)
    used = [name for name in COLUMNS if any(not isnan(value) for value in samples.columns[name])]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "evse", *used])
        for index, time_s in enumerate(samples.times):
            values = (samples.columns[name][index] for name in used)
            writer.writerow([utc_text(time_s), evse, *("" if isnan(value) else f"{value:g}" for value in values)])
