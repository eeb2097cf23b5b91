"""Trend charts as SVG: dots, level, bands in words, sessions, gaps as gaps. Values in, text out."""

from reports.charts.draw import LAYOUTS, chart_svg, interval_svg, sparkline_svg
from reports.charts.scene import Chart, Sparkline, build_chart, build_sparkline

__all__ = [
    "LAYOUTS",
    "Chart",
    "Sparkline",
    "build_chart",
    "build_sparkline",
    "chart_svg",
    "interval_svg",
    "sparkline_svg",
]
