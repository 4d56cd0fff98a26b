"""The theme: contrast, live switching, icons and roles."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetricsF, QIcon
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QWidget

from ui.theme import DARK, LIGHT, Theme, contrast, mix, set_role
from ui.theme import fonts as theme_fonts
from ui.theme.icons import FOLDER
from ui.theme.palette import LEAST_CONTRAST, TEXT_PAIRS, Palette
from ui.theme.style_sheet import style_sheet


@pytest.fixture
def theme(qapp):
    made = Theme(qapp, "light")
    yield made
    qapp.setStyleSheet("")
    made.deleteLater()


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda palette: palette.name)
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS, ids=lambda token: token)
def test_every_text_reads_on_its_ground(palette, text, ground):
    assert contrast(getattr(palette, text), getattr(palette, ground)) >= LEAST_CONTRAST


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda palette: palette.name)
def test_the_edges_of_controls_and_disabled_text_can_be_seen(palette):
    assert contrast(palette.border_strong, palette.panel) >= 3
    assert contrast(palette.disabled, palette.panel) >= 2.5
    assert contrast(palette.accent, palette.panel) >= 3


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert mix("#000000", "#ffffff", 0.5) == "#808080"


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda palette: palette.name)
def test_the_style_sheet_names_only_files_that_exist(palette):
    sheet = style_sheet(palette, "monospace")
    files = re.findall(r'url\("([^"]+)"\)', sheet)
    assert files
    assert [name for name in files if not Path(name).is_file()] == []
    assert "$" not in sheet


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda palette: palette.name)
def test_the_pictures_of_the_style_sheet_have_the_colours_of_the_palette(palette):
    wanted = {"check": palette.on_accent, "dash": palette.on_accent, "dot": palette.on_accent, "tick": palette.accent}
    for path in (FOLDER / "style").glob(f"*-{palette.name}.svg"):
        colours = set(re.findall(r"#[0-9a-f]{6}", path.read_text()))
        assert colours == {wanted.get(path.stem.split("-")[0], palette.dim)}, path.name


def test_switching_is_live(theme, qapp):
    heard = []
    theme.changed.connect(lambda: heard.append(theme.name))
    theme.set_choice("dark")
    assert heard == ["dark"]
    assert theme.dark
    assert qapp.palette().window().color().name() == DARK.window
    assert DARK.panel in qapp.styleSheet()
    theme.set_choice("dark")
    assert heard == ["dark"]


def test_system_follows_the_system(qapp, monkeypatch):
    theme = Theme(qapp)
    assert theme.choice == "system"
    monkeypatch.setattr(type(qapp.styleHints()), "colorScheme", lambda self: Qt.ColorScheme.Dark)
    theme._follow()
    assert theme.name == "dark"
    monkeypatch.setattr(type(qapp.styleHints()), "colorScheme", lambda self: Qt.ColorScheme.Light)
    theme._follow()
    assert theme.name == "light"
    qapp.setStyleSheet("")


def test_an_unknown_choice_token_or_icon_is_an_error_that_names_it(theme):
    with pytest.raises(ValueError, match="sepia"):
        theme.set_choice("sepia")
    with pytest.raises(KeyError, match="akcent"):
        theme.colour("akcent")
    with pytest.raises(KeyError, match="plugg"):
        theme.icon("plugg")


def test_every_icon_paints_something_in_its_colour(theme):
    assert len(theme.icons()) > 50
    for name in theme.icons():
        image = theme.icon(name, "bad").pixmap(QSize(32, 32)).toImage()
        seen = {
            image.pixelColor(x, y).name()
            for x in range(image.width())
            for y in range(image.height())
            if image.pixelColor(x, y).alpha() == 255
        }
        assert seen == {LIGHT.bad}, name


def test_a_kept_icon_changes_with_the_theme_and_dies_with_its_button(theme, qtbot):
    button = QToolButton()
    qtbot.addWidget(button)
    gone = QToolButton()
    theme.set_icon(button, "plug")
    theme.set_icon(gone, "plug")
    before = button.icon().cacheKey()
    gone.deleteLater()
    QApplication.sendPostedEvents(None, 0)
    del gone
    theme.set_choice("dark")
    assert button.icon().cacheKey() != before
    assert not button.icon().pixmap(16, 16, QIcon.Mode.Disabled).isNull()


def test_fonts_have_the_sizes_of_the_design(theme):
    assert theme.font().pixelSize() == 13
    assert theme.small_font().pixelSize() == 12
    assert theme.fixed_font().pixelSize() == 12
    metrics = QFontMetricsF(theme.fixed_font())
    assert metrics.horizontalAdvance("i") == metrics.horizontalAdvance("W")
    assert theme_fonts.sans(13, bold=True).bold() or theme_fonts.sans(13, bold=True).weight() >= 600


def test_text_scales(theme, qapp):
    theme.set_text_scale(1.5)
    assert qapp.font().pixelSize() == 20
    assert "font-size: 18px" in qapp.styleSheet()


def test_roles_restyle(theme, qtbot):
    button = QPushButton("Connect")
    qtbot.addWidget(button)
    set_role(button, "primary")
    button.resize(120, 30)
    assert button.property("role") == "primary"
    assert button.grab().toImage().pixelColor(10, 15).name() == LIGHT.accent
    label = QLabel("Accepted")
    qtbot.addWidget(label)
    set_role(label, "pill", "good")
    label.resize(100, 24)
    assert label.grab().toImage().pixelColor(50, 3).name() == LIGHT.good_soft
    set_role(label, "pill", "bad")
    assert label.grab().toImage().pixelColor(50, 3).name() == LIGHT.bad_soft


def test_a_plain_widget_with_a_role_paints_its_ground(theme, qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    panel = QWidget(parent)
    set_role(panel, "panel")
    panel.resize(40, 40)
    assert panel.grab().toImage().pixelColor(20, 20).name() == LIGHT.panel


def test_checked_buttons_are_wide_enough_for_their_text(theme, qtbot):
    for role in ("chip", "tab", "station"):
        button = QPushButton("Follow the tail")
        qtbot.addWidget(button)
        button.setCheckable(True)
        set_role(button, role)
        button.setChecked(True)
        button.ensurePolished()
        assert button.sizeHint().width() >= button.fontMetrics().horizontalAdvance(button.text()) + 16


def test_a_palette_has_only_colours():
    for palette in (LIGHT, DARK):
        for token in Palette.__slots__[1:]:
            assert re.fullmatch(r"#[0-9a-f]{6}", getattr(palette, token)), token
