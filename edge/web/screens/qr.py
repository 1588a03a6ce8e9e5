"""QR codes as inline SVG. Dark on white in every theme, with the quiet zone that the standard asks for: cameras know no dark mode."""

import segno
from markupsafe import Markup

QUIET_ZONE = 4  # modules; ISO/IEC 18004, 6.3.8


def qr(address: str) -> Markup:
    """Return the drawing of ``address``, sized by the stylesheet; what it leads to must stand beside it in words."""
    code = segno.make_qr(address, error="m", boost_error=False)
    drawing = code.svg_inline(border=QUIET_ZONE, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True)
    return Markup(drawing.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1))  # noqa: S704 -- drawn by segno; the address is in it as squares
