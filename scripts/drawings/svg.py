"""Drawings as SVG: shapes and text in a few tones that read well on light and on dark pages.

The background is transparent. An SVG in a page takes the page's colour scheme, so a media query in
its style is enough. Numbers in drawings are computed where the drawing is made, never typed.
"""

from html import escape

WIDTH = 560
#: Light and dark colours of each tone. Shapes of a tone are filled with a tint of it.
TONES = {
    "ink": ("#1f2328", "#e6edf3"),
    "soft": ("#57606a", "#9aa4af"),
    "blue": ("#0b5cad", "#6cb0ff"),
    "orange": ("#a84300", "#ff9d5c"),
    "green": ("#1a7032", "#5fd17a"),
    "purple": ("#7038b8", "#c49bff"),
}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
MONO = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
#: How wide a character of a font is on average, in parts of its size: to keep text inside.
CHARACTER = {"text": 0.56, "mono": 0.62}


def power(exponent: int) -> str:
    """Write a power of two."""
    return f"2{str(exponent).translate(SUPERSCRIPTS)}"


def plain(number: float) -> str:
    """Write a coordinate."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def attributes(values: dict[str, float | str]) -> str:
    """Write attributes."""
    return "".join(
        f' {name.replace("_", "-")}="{escape(value) if isinstance(value, str) else plain(value)}"'
        for name, value in values.items()
    )


def style() -> str:
    """The style sheet of all drawings."""

    def rules(which: int) -> str:
        return "".join(
            f".{tone}{{fill:{colors[which]};stroke:{colors[which]}}}"
            for tone, colors in TONES.items()
        )

    return (
        f"{rules(0)}@media(prefers-color-scheme:dark){{{rules(1)}}}"
        f"text{{font:15px {FONT};stroke-width:0}}.mono{{font-family:{MONO}}}"
        ".small{font-size:13px}.bold{font-weight:600}.pre{white-space:pre}"
        ".tint{fill-opacity:.16}.full{stroke:none}.none{fill:none}"
        ".faint{stroke-opacity:.35}.dashed{stroke-dasharray:4 4}.hair{stroke-width:.6}"
    )


class Drawing:
    """Shapes and text, from the back to the front."""

    def __init__(self, title: str, height: float, width: float = WIDTH) -> None:
        self.title, self.height, self.width = title, height, width
        self.parts: list[str] = []

    def add(self, element: str, tone: str, kinds: str = "", **values: float | str) -> None:
        """Add an element."""
        classes = f"{tone} {kinds}".strip()
        self.parts.append(f'<{element} class="{classes}"{attributes(values)}/>')

    def box(self, x: float, y: float, w: float, h: float, tone: str, kinds: str = "tint") -> None:
        """Add a rectangle."""
        self.add("rect", tone, kinds, x=x, y=y, width=w, height=h, rx=min(4.0, w / 4))

    def line(self, x1: float, y1: float, x2: float, y2: float, tone: str, kinds: str = "") -> None:
        """Add a line."""
        self.add("line", tone, kinds, x1=x1, y1=y1, x2=x2, y2=y2)

    def dot(self, x: float, y: float, tone: str, radius: float = 4) -> None:
        """Add a dot."""
        self.add("circle", tone, cx=x, cy=y, r=radius)

    def arrow(self, x1: float, y1: float, x2: float, y2: float, tone: str) -> None:
        """Add an arrow."""
        long = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        dx, dy = (x2 - x1) / long, (y2 - y1) / long
        bx, by = x2 - 8 * dx, y2 - 8 * dy
        self.line(x1, y1, bx, by, tone)
        corners = [(x2, y2), (bx - 4 * dy, by + 4 * dx), (bx + 4 * dy, by - 4 * dx)]
        points = " ".join(f"{plain(x)},{plain(y)}" for x, y in corners)
        self.add("polygon", tone, "full", points=points)

    def text(
        self, x: float, y: float, words: str, tone: str = "ink", kinds: str = "", at: str = "start"
    ) -> None:
        """Add a line of text; it must not leave the drawing."""
        size = 13 if "small" in kinds else 15
        width = len(words) * size * CHARACTER["mono" if "mono" in kinds else "text"]
        left = x - {"start": 0.0, "middle": width / 2, "end": width}[at]
        if left < 0 or left + width > self.width or not size <= y <= self.height - 3:
            raise ValueError(f"{self.title}: {words!r} may leave the drawing")
        values = attributes({"x": x, "y": y, "text_anchor": at})
        classes = f"{tone} {kinds}".strip()
        self.parts.append(f'<text class="{classes}"{values}>{escape(words, quote=False)}</text>')

    def cell(self, x: float, y: float, w: float, h: float, words: str, tone: str) -> None:
        """Add a box with text in its middle."""
        self.box(x, y, w, h, tone)
        self.text(x + w / 2, y + h / 2 + 5, words, tone="ink", at="middle")

    def render(self) -> str:
        """Write the file."""
        width, height = plain(self.width), plain(self.height)
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="0 0 {width} {height}" role="img">'
        )
        lines = [f"<title>{escape(self.title)}</title>", f"<style>{style()}</style>", *self.parts]
        return "\n".join([head, *lines, "</svg>\n"])
