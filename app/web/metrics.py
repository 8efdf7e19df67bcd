"""Counting requests, and writing figures as Prometheus reads them. One per application, not one per interpreter."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Metrics:
    """What this process has answered so far."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ("method", "route")
        self._requests = Counter(
            "schoolpulse_requests", "Answers by route and status.", (*labels, "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "schoolpulse_request_seconds", "Time to answer.", labels, buckets=_BUCKETS, registry=self._registry
        )
        self._gauges: dict[str, Gauge] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer. `route` is the rule of the address, so that ids do not multiply the series."""
        method = method if method in _METHODS else "OTHER"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def render(self, gauges: Mapping[str, float]) -> tuple[bytes, str]:
        """All figures as text, with the content type; `gauges` are read at this moment."""
        for name, value in gauges.items():
            if name not in self._gauges:
                words = name.removeprefix("schoolpulse_").replace("_", " ").capitalize()
                self._gauges[name] = Gauge(name, f"{words}.", registry=self._registry)
            self._gauges[name].set(value)
        return generate_latest(self._registry), CONTENT_TYPE_LATEST
