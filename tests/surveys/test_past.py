"""The surveys' past in the demo world agrees with the answers that stand there."""

from datetime import timedelta

from assistant.bootstrap import Service
from assistant.db import moments
from assistant.surveys import past
from assistant.surveys.results import Tally, funnels, whole
from tests.conftest import AS_OF, NOW


def made(service: Service) -> past.Made:
    shelf = service.moments
    return past.make(service.database, shelf.surveys, shelf.rules, AS_OF, 1)


def test_result_pages_show_a_funnel_scores_and_words(service: Service) -> None:
    found = made(service)

    with service.database.read() as connection:
        since = NOW - timedelta(weeks=9)
        rows = [Tally(**r) for r in moments.tally(connection, since, None, by="survey")]
        words = moments.said(connection, "store_visit", since, None, limit=5)
    funnel = whole(rows)
    assert set(funnels(rows)) == {"store_visit", "delivery"}
    assert funnel.sent > funnel.opened > funnel.begun > funnel.done > 10
    assert funnel.done == found.answered
    assert len(words) == 5


def test_every_finished_survey_is_the_answer_that_the_mart_reads(service: Service) -> None:
    made(service)

    with service.database.read() as connection:
        done = moments.every(connection, "done")
        since = NOW - timedelta(weeks=9)
        words = {row["id"]: row for row in moments.said(connection, "store_visit", since, None, limit=1_000)}
    scored = [(one.score, words[one.answer_id]["nps"]) for one in done if one.answer_id in words]
    assert scored
    assert all(score == nps for score, nps in scored)
    assert all(one.sent_at and one.ended_at and one.sent_at < one.ended_at for one in done)


def test_the_same_world_has_the_same_past_once(service: Service) -> None:
    first = made(service)
    with service.database.read() as connection:
        before = moments.every(connection)

    second = made(service)

    with service.database.read() as connection:
        assert moments.every(connection) == before
    assert first == second
