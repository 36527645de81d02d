"""Charts as SVG in the page: pygal draws them, css/usage.css gives them their colours, in the dark too.

What pygal brings for pages of its own (a style sheet, a script, its name as the title) is taken out: our content
security policy allows neither. Each bar has its value as a title, for a mouse; everybody else reads the table below.
"""

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

import pygal
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from pygal.style import Style

from videos.usage.figures import Period

WIDTH, HEIGHT = 720, 250
MOST_OF_SINGLE_STEPS = 5
# Room for letters that are read on a phone too; css/usage.css makes them smaller where the chart is large.
STYLE = Style(label_font_size=26, major_label_font_size=26, font_family="sans-serif")


def draw_periods(periods: Sequence[Period], series: Mapping[str, Sequence[float]]) -> SafeString:
    """Standing bars, one for each day or week, with the days of some of them below."""
    chart = pygal.StackedBar(
        width=WIDTH,
        height=HEIGHT,
        style=STYLE,
        js=[],
        css=[],
        no_prefix=True,
        show_legend=False,
        show_minor_x_labels=False,
        truncate_label=-1,
        margin=2,
        margin_right=36,  # half of the last day
        spacing=8,
        max_scale=5,
        formatter=lambda value: f"{value:,.10g}",
    )
    chart.x_labels = [_day(period) for period in periods]
    count = len(periods)
    shown = {round(place * (count - 1) / 3) for place in range(4)}
    chart.x_labels_major = [label for place, label in enumerate(chart.x_labels) if place in shown]
    most = max((sum(column) for column in zip(*series.values(), strict=True)), default=0)
    if most <= MOST_OF_SINGLE_STEPS and all(
        isinstance(value, int) for row in series.values() for value in row
    ):
        chart.y_labels = list(range(int(most) + 1))  # no half videos
    for name, values in series.items():
        chart.add(name, list(values))
    return _render(chart)


def _day(period: Period) -> str:
    return date_format(period.start, "j M")


def _render(chart: pygal.Graph) -> SafeString:
    svg = chart.render_tree()
    for parent in list(svg.iter()):
        for child in list(parent):
            if child.tag is ElementTree.Comment or _local(child) in {"style", "script"}:
                parent.remove(child)
    for title in [child for child in svg if _local(child) == "title"]:
        svg.remove(title)
    for bar in svg.iter():
        if "bar" in bar.get("class", "").split() or "bar" in bar.get("className", "").split():
            _give_title(bar)
    svg.attrib.pop("id", None)
    svg.set("aria-hidden", "true")
    svg.set("focusable", "false")
    # What it is made of are numbers, dates and labels, which ElementTree has escaped.
    return mark_safe(ElementTree.tostring(svg, encoding="unicode"))  # noqa: S308


def _give_title(bar: ElementTree.Element) -> None:
    """The value of a bar where browsers look for it, instead of in elements for the script that is not there."""
    words = {child.get("class", ""): child.text or "" for child in bar if _local(child) == "desc"}
    for child in [child for child in bar if _local(child) == "desc"]:
        bar.remove(child)
    parts = [words.get("x_label", ""), words.get("value", "")]
    title = ElementTree.SubElement(bar, "title")
    title.text = ": ".join(part for part in parts if part)


def _local(element: ElementTree.Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
