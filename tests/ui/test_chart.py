"""Charts: the store of samples, the plot, zoom and pan, cursor, states, export."""

import csv
import re
import sys
from math import isnan

import pytest
from PySide6.QtCore import QByteArray, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QToolTip

from ui.models.series import EvseSamples, Series
from ui.theme import Theme
from ui.views.chart_lines import KINDS
from ui.views.charts import WINDOW_S, ChartView

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # the offscreen platform cannot
LEFT = Qt.MouseButton.LeftButton
START = 1_795_185_000.0
SAMPLE = {"power_w": 11_000, "offered_w": 13_500, "soc_percent": 40, "energy_wh": 5000, "current_a": [16, 16, 15.5]}


@pytest.fixture
def theme(qapp):
    made = Theme(qapp, "light")
    yield made
    qapp.setStyleSheet("")
    made.deleteLater()


@pytest.fixture
def series(qapp):
    made = Series()
    for second in range(1200):
        made.add_sample(
            START + second, 1, SAMPLE | {"power_w": 11_000 if second > 300 else 0, "voltage_v": [230, 231, 229]}
        )
        made.add_sample(START + second, 2, {"power_w": 0})
    made.add_state(START, 1, "Available")
    made.add_state(START + 500, 1, "Charging")
    made.add_mark(START + 500, 1, "Authorized")
    made.add_mark(START + 510, 0, "Station event")
    made.add_mark(START + 900, 2, "Other EVSE")
    return made


@pytest.fixture
def chart(qtbot, series, theme):
    made = ChartView(series, theme)
    qtbot.addWidget(made)
    made.resize(500, 290)
    made.show()
    qtbot.waitExposed(made)
    made.show_now()
    yield made
    made.hide()


# --- the store --------------------------------------------------------------------------------------------------------


def test_samples_are_kept_in_columns():
    samples = EvseSamples(100)
    samples.add(1.0, SAMPLE)
    samples.add(2.0, {"power_w": None, "current_a": [5], "voltage_v": "230", "soc_percent": True})
    assert list(samples.times) == [1.0, 2.0]
    assert samples.columns["power_w"][0] == 11_000
    assert samples.columns["current_a_3"][0] == 15.5
    assert samples.columns["current_a_1"][1] == 5
    assert all(isnan(samples.columns[name][1]) for name in ("power_w", "current_a_2", "voltage_v_1", "soc_percent"))


def test_old_samples_are_forgotten():
    samples = EvseSamples(80)
    for second in range(1000):
        samples.add(float(second), {"power_w": second})
    assert 80 <= len(samples) <= 91
    assert samples.times[-1] == 999
    assert len(samples.columns["power_w"]) == len(samples)


def test_samples_that_come_too_fast_replace_each_other():
    samples = EvseSamples(100)
    for step in range(11):
        samples.add(step * 0.1, {"power_w": step})
    assert len(samples) <= 5
    assert samples.columns["power_w"][-1] == 10


def test_a_clock_that_is_set_back_takes_the_future_away(qapp):
    series = Series()
    for second in range(10):
        series.add_sample(START + second, 1, SAMPLE)
        series.add_state(START + second, 1, "Available" if second % 2 else "Charging")
    series.add_sample(START + 4.5, 1, SAMPLE)
    series.add_state(START + 4.5, 1, "Faulted")
    assert series.newest_s == START + 4.5
    assert [span.state for span in series.spans(1, START + 4, START + 99)] == ["Charging", "Faulted"]


def test_nearest_and_between():
    samples = EvseSamples(100)
    assert samples.nearest(5) is None
    for second in (1.0, 2.0, 4.0):
        samples.add(second, {})
    assert [samples.nearest(time) for time in (0, 1.4, 1.6, 3.1, 9)] == [0, 0, 1, 2, 2]
    assert samples.between(1.5, 4) == range(1, 3)


def test_marks_and_states(series):
    assert [mark.text for mark in series.marks_between(1, START, START + 1000)] == ["Authorized", "Station event"]
    assert [(span.state, span.end_s) for span in series.spans(1, START + 10, START + 600)] == [
        ("Available", START + 500),
        ("Charging", float("inf")),
    ]
    assert series.evses == (1, 2)
    for number in range(3000):
        series.add_mark(START + number, 1, "x")
    assert len(series.marks) <= 2000
    series.clear()
    assert series.evses == ()
    assert series.newest_s == 0


# --- the view ---------------------------------------------------------------------------------------------------------


def test_the_plot_is_loaded_after_the_view_is_shown(qtbot, series, theme):
    view = ChartView(series, theme)
    qtbot.addWidget(view)
    assert view.plot is None
    with qtbot.waitSignal(view.loaded, timeout=5000):
        view.show()
        assert view.placeholder.isVisible()
    assert view.plot is not None
    assert not view.placeholder.isVisible()
    assert "pyqtgraph" in sys.modules
    view.hide()


def test_a_window_without_a_chart_does_not_load_pyqtgraph():
    import subprocess

    code = "import sys, ui.views.charts; sys.exit('pyqtgraph' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_empty_chart_says_what_will_come(qtbot, theme):
    series = Series()
    view = ChartView(series, theme)
    qtbot.addWidget(view)
    view.show()
    view.show_now()
    assert view.placeholder.isVisible()
    assert not view.strip.isVisible()
    series.add_sample(START, 1, SAMPLE)
    qtbot.waitUntil(lambda: not view.placeholder.isVisible())
    view.hide()


def test_it_shows_the_last_quarter_of_an_hour_and_goes_on(chart, series):
    start, end = chart.plot.range
    assert end - start == pytest.approx(WINDOW_S)
    assert start < series.newest_s < end
    series.add_sample(series.newest_s + 60, 1, SAMPLE)
    chart._redraw()
    assert chart.plot.range[1] == pytest.approx(end + 60)


def test_the_limit_and_the_power_fit_in(chart):
    low, high = chart.plot._box.viewRange()[1]
    assert low < 0
    assert high > 13.5


def test_every_kind_of_curve(chart, qtbot):
    for number, kind in enumerate(KINDS):
        qtbot.mouseClick(chart.kinds.button(number), LEFT)
        assert chart.kind == kind
        assert chart.kinds.button(number).isChecked()
        assert not chart.grab().isNull()
    chart.set_curves("Voltage")
    low, high = chart.plot._box.viewRange()[1]
    assert 220 < low < 229
    assert 231 < high < 240
    assert "L3" in chart.legend.text()
    with pytest.raises(ValueError, match="Charm"):
        chart.set_curves("Charm")


def test_curves_without_values_are_not_in_the_legend(chart):
    chart.select_evse(2)
    assert "Power" in chart.legend.text()
    assert "SoC" not in chart.legend.text()
    assert "Limit" not in chart.legend.text()


def test_the_evse_is_chosen_from_a_menu(chart, qtbot):
    chart.evse_menu.aboutToShow.emit()
    with qtbot.waitSignal(chart.headline) as said:
        chart.evse_menu.actions()[1].trigger()
    assert chart.evse == 2
    assert said.args == ["EVSE 2 · last 15 min"]
    assert chart.evse_button.text() == "EVSE 2"


def test_the_wheel_zooms_and_the_chip_goes_back(chart, qtbot):
    viewport = chart.plot.widget.viewport()
    place = QPointF(viewport.width() * 0.3, viewport.height() / 2)
    wheel = QWheelEvent(
        place, viewport.mapToGlobal(place), QPoint(0, 0), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(viewport, wheel)
    start, end = chart.plot.range
    assert end - start < WINDOW_S
    assert not chart.following
    assert chart.now_chip.isVisible()
    qtbot.mouseClick(chart.now_chip, LEFT)
    assert chart.following
    assert chart.plot.range[1] - chart.plot.range[0] == pytest.approx(WINDOW_S)


def test_keys_pan_zoom_and_return(chart, qtbot):
    plot = chart.plot
    start, _ = plot.range
    qtbot.keyClick(plot.widget, Qt.Key.Key_Left)
    qtbot.keyClick(plot.widget, Qt.Key.Key_Left)
    assert plot.range[0] < start
    assert not chart.following
    qtbot.keyClick(plot.widget, Qt.Key.Key_Plus)
    assert plot.range[1] - plot.range[0] == pytest.approx(WINDOW_S / 2)
    qtbot.keyClick(plot.widget, Qt.Key.Key_Minus)
    qtbot.keyClick(plot.widget, Qt.Key.Key_Right)
    qtbot.keyClick(plot.widget, Qt.Key.Key_End)
    assert chart.following


def test_zooming_at_the_present_keeps_following(chart):
    chart.plot.zoom(0.5)
    assert chart.following
    chart._redraw()
    assert chart.plot.range[1] - chart.plot.range[0] == pytest.approx(WINDOW_S / 2)


def test_the_cursor_tells_the_values(chart, qtbot):
    viewport = chart.plot.widget.viewport()
    qtbot.mouseMove(viewport, QPoint(viewport.width() // 2, viewport.height() // 2))
    qtbot.waitUntil(chart.box.isVisible)
    assert "Power 11.0 kW" in chart.box.text()
    assert "Limit in force 13.5 kW" in chart.box.text()
    assert "SoC 40 %" in chart.box.text()
    QApplication.sendEvent(chart.plot.widget, QEvent(QEvent.Type.Leave))
    assert not chart.box.isVisible()
    chart._show_box(START - 9_999)
    assert not chart.box.isVisible()


def test_marks_too_close_to_each_other_lose_their_words(chart):
    labels = [(label.toPlainText(), label.isVisible()) for line, label in chart.plot._marks if line.isVisible()]
    assert labels[0] == ("Authorized", True)
    assert not labels[1][1]


def test_many_points_are_thinned_without_losing_peaks(qtbot, theme):
    series = Series()
    for second in range(20_000):
        series.add_sample(START + second, 1, {"power_w": 22_000 if second == 7_777 else 1_000})
    view = ChartView(series, theme)
    qtbot.addWidget(view)
    view.resize(500, 290)
    view.show()
    view.show_now()
    view.plot.set_range(START, START + 20_000)
    assert view.plot.extent(["Power"]) == (1.0, 22.0)
    assert len(view.plot._drawn["Power"]) < 3_000
    view.hide()


def test_the_strip_tells_states_by_word(chart, qtbot):
    assert "Available from" in chart.strip.accessibleDescription()
    assert "Charging from" in chart.strip.accessibleDescription()
    place = QPoint(chart.strip.width() // 2, 5)
    QApplication.sendEvent(chart.strip, QHelpEvent(QEvent.Type.ToolTip, place, chart.strip.mapToGlobal(place)))
    assert QToolTip.text().startswith("Charging from")
    QToolTip.hideText()


def test_both_themes_paint(chart, theme):
    light = chart.grab().toImage()
    theme.set_choice("dark")
    chart._redraw()
    dark = chart.grab().toImage()
    assert light.pixelColor(250, 60).lightness() > 200
    assert dark.pixelColor(250, 60).lightness() < 70


def test_state_is_saved_and_restored(chart):
    chart.select_evse(2)
    chart.set_curves("Energy")
    state = chart.saveState()
    chart.select_evse(1)
    chart.set_curves("Power")
    assert chart.restoreState(state)
    assert (chart.evse, chart.kind) == (2, "Energy")
    for wrong in (b"", b"{}", b'{"evse": 1, "kind": "Charm"}'):
        assert not chart.restoreState(QByteArray(wrong))


# --- export -----------------------------------------------------------------------------------------------------------


def test_export_as_csv(chart, tmp_path):
    chart.export(tmp_path / "a.csv")
    rows = list(csv.reader((tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()))
    assert rows[0][:6] == ["time", "evse", "power_w", "offered_w", "soc_percent", "energy_wh"]
    assert len(rows) == 1201
    assert rows[-1][1:4] == ["1", "11000", "13500"]
    assert rows[1][0].endswith("Z")


def test_export_as_pictures(chart, tmp_path):
    chart.export(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    chart.export(tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "<svg" in text
    assert "Authorized" in text


def test_an_export_that_fails_says_why(chart, tmp_path):
    chart.export(tmp_path / "missing" / "a.csv")
    assert chart.box.text().startswith("Not written:")
    chart.export(tmp_path / "a.txt")
    assert "as .png, .svg or .csv, not as .txt" in chart.box.text()
    chart.export(tmp_path / "missing" / "a.png")
    assert "the picture cannot be written there" in chart.box.text()


def test_the_export_menu_asks_for_a_file(chart, qtbot, tmp_path):
    qtbot.mouseClick(chart.export_button, LEFT)
    menu = next(menu for menu in chart.findChildren(QMenu) if menu.isVisible())
    next(action for action in menu.actions() if "CSV" in action.text()).trigger()
    dialog = chart.findChild(QFileDialog)
    assert dialog.isVisible()
    dialog.fileSelected.emit(str(tmp_path / "b.csv"))
    assert (tmp_path / "b.csv").exists()
    dialog.close()
    menu.close()


def test_a_session_that_has_just_begun_fills_the_width(qtbot, theme):
    series = Series()
    view = ChartView(series, theme)
    qtbot.addWidget(view)
    said = []
    view.headline.connect(said.append)
    view.show()
    view.show_now()
    for second in range(200):
        series.add_sample(START + second, 1, SAMPLE)
    view._redraw()
    start, end = view.plot.range
    assert end - start == pytest.approx(199 * 1.1)
    assert said[-1] == "EVSE 1 · last 4 min"
    view.hide()


def test_ticks_stand_at_round_times(chart):
    axis = chart.plot._item.getAxis("bottom")
    for span_s, form in (
        (40, r"\d\d:\d\d:\d0"),
        (600, r"\d\d:\d[02468]"),
        (40_000, r"\d\d:00"),
        (500_000, r"\d\d \w+"),
    ):
        ((spacing, values),) = axis.tickValues(0, span_s, 400)
        texts = axis.tickStrings(values, 1, spacing)
        assert 1 <= len(texts) <= 7
        assert all(re.fullmatch(form, text) for text in texts), texts
