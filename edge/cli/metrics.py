"""`edge metrics-token`: what Prometheus shows to read `/metrics`."""

from pathlib import Path

import click

from edge.cli.options import data_option
from edge.config import Paths


@click.command("metrics-token")
@data_option
def metrics_token(data: Path) -> None:
    """Print the token that opens /metrics and nothing else; it is derived from the key file and stored nowhere."""
    from edge import config
    from edge.operations import metrics

    paths = Paths(data)
    click.echo(metrics.token(config.load_keys(paths.key), config.load(paths.config).metrics.login))
