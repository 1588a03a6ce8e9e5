"""`/metrics` for Prometheus, in its text format 0.0.4. Who reads it has a token of its own, which opens nothing else (`edge metrics-token`).

No call of the API: it is not in the OpenAPI document, which integrators read.
"""

from collections.abc import Iterator

from flask import Blueprint, Response

from edge.operations import metrics
from edge.operations.metrics import Labels, Metric
from edge.web.api import gate
from edge.web.rights import Right
from edge.web.site import site

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})

blueprint = Blueprint("metrics", __name__)
blueprint.before_request(gate.check)


@blueprint.get("/metrics")
@gate.needs(Right.READ_METRICS)
def get_metrics() -> Response:
    """Say how box, hall and devices are, in figures; no personal data."""
    here = site()
    return Response(written(metrics.collect(here.ctx, here.attendance, here.health())), content_type=MEDIA_TYPE)


def written(found: list[Metric]) -> str:
    """Return metrics as the format wants them; one without samples is left out."""
    return "".join(line + "\n" for metric in found if metric.samples for line in _lines(metric))


def _lines(metric: Metric) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.help}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for labels, value in metric.samples:
        yield f"{metric.name}{_braced(labels)} {float(value)!r}"


def _braced(labels: Labels) -> str:
    inner = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items())
    return f"{{{inner}}}" if inner else ""
