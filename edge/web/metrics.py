"""`/metrics` for Prometheus, in its text format 0.0.4. Who reads it has a token of its own, which opens nothing else (`edge metrics-token`).

No call of the API: it is not in the OpenAPI document, which integrators read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from edge.operations import metrics
from edge.operations.metrics import Metric
from edge.web.api import gate
from edge.web.rights import Right
from edge.web.site import site

blueprint = Blueprint("metrics", __name__)
blueprint.before_request(gate.check)


@blueprint.get("/metrics")
@gate.needs(Right.READ_METRICS)
def get_metrics() -> Response:
    """Say how box, hall and devices are, in figures; no personal data."""
    here = site()
    return Response(written(metrics.collect(here.ctx, here.attendance, here.health())), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def written(found: Iterable[Metric]) -> bytes:
    """Return metrics as the format wants them; one without samples is left out."""
    return generate_latest(_Found(found))


@dataclass(frozen=True, slots=True)
class _Found(Collector):
    """What was collected already, in the library's own shape."""

    found: Iterable[Metric]

    def collect(self) -> Iterator[Family]:
        for metric in self.found:
            if metric.samples:
                family = Family(metric.name.removesuffix("_total"), metric.help, metric.kind)
                family.samples = [Sample(metric.name, dict(labels), value) for labels, value in metric.samples]
                yield family
