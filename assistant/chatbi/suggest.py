"""What one may want to ask next: each suggestion is a question that the language reads."""

from assistant.chatbi.catalogue import STATES, Catalogue
from assistant.chatbi.query import MOST_NAMED, PLACES, Calculation, MetricQuery
from assistant.domain.account import Scope

MOST = 3


def next_questions(query: MetricQuery, catalogue: Catalogue, scope: Scope) -> tuple[str, ...]:
    """At most three follow-ups that fit the query."""
    name = query.metrics[0]
    kinds = catalogue.kinds(name)
    found = []
    several = query.calculation is Calculation.OVERVIEW or len(query.metrics) > MOST_NAMED
    if (query.comparison is None or several) and kinds <= {"flow"} and query.period is not None:
        found.append("和去年同期比呢")
    explained = several or query.calculation is Calculation.DRIVERS
    if query.comparison is not None and not explained and kinds <= {"flow"}:
        found.append("为什么")
    if query.grain is None and not several and kinds <= {"flow", *STATES}:
        found.append("看看按月的趋势")
    many = scope.whole or len(scope.stores) > 1
    placed = {f.dimension for f in query.filters} & PLACES
    for dimension in ("category",) if placed else ("store", "region", "category"):
        fits = all(catalogue.allows(m, query.touched | {dimension}) for m in query.metrics)
        if fits and dimension not in query.touched and (many or dimension == "category"):
            found.append(f"按{catalogue.dimensions[dimension].name}看")
    return tuple(found[:MOST])
