"""A bar chart as a small SVG for light and dark pages, without a plotting library."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from harness.results import Spread

_WIDTH = 820
_LEFT = 270
_RIGHT = 90
_TOP = 64
_ROW = 30
_BAR = 18

_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: 600 }
  .quiet { fill: #59636e }
  .bar { fill: #8c959f }
  .ours { fill: #0969da }
  .range { stroke: #1f2328; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .quiet { fill: #9198a1 }
    .bar { fill: #656c76 }
    .ours { fill: #4493f8 }
    .range { stroke: #f0f6fc }
  }
"""


def draw(title: str, subtitle: str, bars: dict[str, Spread]) -> str:
    """Return the chart. Bars named `warehouse-sync…` are highlighted, and a line on each bar shows its range."""
    height = _TOP + _ROW * len(bars) + 12
    longest = max(spread.maximum for spread in bars.values())
    scale = (_WIDTH - _LEFT - _RIGHT) / (longest or 1)
    rows = [_row(_TOP + _ROW * row, name, spread, scale) for row, (name, spread) in enumerate(bars.items())]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}</style>",
            f'<text class="title" x="12" y="26">{escape(title)}</text>',
            f'<text class="quiet" x="12" y="46">{escape(subtitle)}</text>',
            *rows,
            "</svg>\n",
        ]
    )


def _row(y: int, name: str, spread: Spread, scale: float) -> str:
    kind = "ours" if name.startswith("warehouse-sync") else "bar"
    middle = y + _BAR / 2
    low, high = _LEFT + spread.minimum * scale, _LEFT + spread.maximum * scale
    return (
        f'<text x="{_LEFT - 10}" y="{y + 14}" text-anchor="end">{escape(name)}</text>'
        f'<rect class="{kind}" x="{_LEFT}" y="{y}" width="{spread.median * scale:.1f}" height="{_BAR}" rx="2"/>'
        f'<line class="range" x1="{low:.1f}" y1="{middle}" x2="{high:.1f}" y2="{middle}"/>'
        f'<text x="{high + 8:.1f}" y="{y + 14}">{spread.middle()}</text>'
    )
