"""Trend charts as SVG: dots, level, bands in words, sessions, gaps as gaps. Values in, text out."""

from reports.charts.course import build_chart, build_sparkline
from reports.charts.draw import (
    OnPaper,
    chart_on_paper,
    chart_svg,
    height_on_paper,
    interval_svg,
    sparkline_svg,
)
from reports.charts.layout import LAYOUTS
from reports.charts.scene import Chart, Sparkline

__all__ = [
    "LAYOUTS",
    "Chart",
    "OnPaper",
    "Sparkline",
    "build_chart",
    "build_sparkline",
    "chart_on_paper",
    "chart_svg",
    "height_on_paper",
    "interval_svg",
    "sparkline_svg",
]
