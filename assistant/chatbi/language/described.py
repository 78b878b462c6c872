"""A metric that is described instead of named ("上月买过又回来买的有几成"): what was learnt of wordings, and the model beside it.

Enters: a question that rules ask back about, as no metric is named or several may be meant. Leaves: the question read
with the metric's name in it, where what was learnt is sure, or half sure and the model of the same mind; else the
question back with likelier options. Neither reads anything but the metric: times, values and order stay with rules.
"""

import re
from dataclasses import replace

from assistant.chatbi.language.assemble import assemble
from assistant.chatbi.language.metrics import USUAL, asked_of, option
from assistant.chatbi.language.outcome import NONE, Choice, Clarify, Guess, Outcome, Reader, Understood
from assistant.chatbi.language.slots import Slots, slots
from assistant.chatbi.language.tokens import Token, tokens
from assistant.chatbi.query import PLACES

SURE = 0.8  # from which a guess is answered
HALF = 0.3  # from which it is answered where the model says the same
LEAD = 3.0  # how much likelier than the next one it must be
OFFERED = 0.02  # from which it is offered
MOST_OFFERED, MOST_READ = 3, 4  # to the asker, to a small model
FEWEST = 2  # characters that may describe something
_GENERIC = frozenset("的了是有在我们和与多少几率数量额度比例平均每各个占大概怎么样情况上下月年日天周季名人客店")
_NAMED = frozenset(PLACES) | {"product", "category", "brand", "campaign"}  # what has names; all else may describe
_STRUCTURE = ("rank", "best", "move", "ranking", "grain", "trend", "previous", "year", "why", "place")
_LEADS = re.compile(r"(?:各个?|每一?个?|哪一?个?|哪几个?|按照?|分)(?= )")
_STOPS = re.compile(r"[\s，。,?？!！]+")
_VAGUE = re.compile("怎么样|怎样|如何|咋样|情况|表现")
_WORDS = re.compile(r"[^\W\d_]")


def described(text: str, reader: Reader, asked: Clarify) -> Outcome:
    """The question with its metric understood, or asked back; `asked` where there is nothing better."""
    said = slots(text, tokens(text, reader), reader)
    words = wording(said)
    guesses = reader.guesser.guess(words) if reader.guesser and len(_WORDS.findall(words)) >= FEWEST else ()
    metrics = tuple(g.metric for g in guesses if g.metric != NONE and g.probability >= OFFERED)
    best, next_best = (*guesses, Guess(NONE, 0.0), Guess(NONE, 0.0))[:2]
    likely = best.metric != NONE and best.probability >= max(HALF, LEAD * next_best.probability)
    evident = best.metric != NONE and _evident(best.metric, said, reader)
    picked, tier = "", "learnt"
    if likely and evident and best.probability >= SURE:
        picked = best.metric
    elif reader.choose is not None and (reader.trusts or (likely and evident)):
        among = metrics if reader.trusts else metrics[:MOST_READ]
        choice, tier = reader.choose(Choice(words or text, among or USUAL)), "model"
        picked = choice if choice and (reader.trusts or choice == best.metric) else ""
    if picked and (understood := _asked_of(picked, said, words, reader)):
        return replace(understood, tier=tier)
    if likely and evident:
        asked = replace(asked, question=f"“{words}”是指下面的哪一个？")
    return _asked_back(metrics[:MOST_OFFERED], said, reader, asked)


def wording(said: Slots) -> str:
    """What is left of a question without its times, names, groups and orders."""
    names = [t for t in said.values if not t.typo_of and {v.dimension for v in t.values} <= _NAMED]
    groups = [t for t in said.dimensions if _grouped(t, said)]
    taken = [(t.start, t.end) for t in said.times]
    taken += [(t.start, t.end) for t in (*names, *groups)]
    taken += [(c.start, c.end) for kind in _STRUCTURE for c in said.cues.get(kind, [])]
    left = "".join(c if not any(a <= i < b for a, b in taken) else " " for i, c in enumerate(said.text))
    return _STOPS.sub("", _LEADS.sub("", left))


def _asked_of(metric: str, said: Slots, words: str, reader: Reader) -> Understood | None:
    """The question with the metric's name instead of its description; None where that is not plain either."""
    name = reader.catalogue.metrics[metric].name
    text = asked_of(metric, _beside(metric, said, reader), reader.catalogue)
    found = slots(text, tokens(text, reader), reader)
    outcome = assemble(found, reader)
    if not isinstance(outcome, Understood) or found.unread or outcome.query.metrics != (metric,):
        return None
    query = outcome.query.model_copy(update={"spans": outcome.query.spans | {"metrics": words}})
    return replace(outcome, query=query, notes=(*outcome.notes, f"“{words}”按“{name}”理解"))


def _grouped(token: Token, said: Slots) -> bool:
    return token.text[0] in "各每哪" or bool(_LEADS.search(f"{said.text[: token.start]} "))


def _beside(metric: str, said: Slots, reader: Reader) -> Slots:
    """What was said without what describes the metric itself: "打7分8分的人" filters nothing."""
    own = _spoken(metric, reader)
    grouped = [t for t in said.dimensions if _grouped(t, said) or t.text not in own]
    values = [t for t in said.values if len(t.text) < FEWEST or t.text not in own]
    return replace(said, values=values, dimensions=grouped)


def _asked_back(metrics: tuple[str, ...], said: Slots, reader: Reader, asked: Clarify) -> Clarify:
    """The same question back with what is likeliest first, instead of the usual."""
    if not metrics:
        return asked
    likely = [option(metric, said, reader.catalogue) for metric in metrics]
    if asked.of_metric == "miswritten":
        first = [o for o in asked.options if o.label in {m.name for m in reader.catalogue.metrics.values()}]
        likely = [*first, *(o for o in likely if o not in first)][:MOST_OFFERED]
    out = {o.label for o in likely} | {reader.catalogue.metrics[m].name for m in USUAL}
    return replace(asked, options=(*likely, *(o for o in asked.options if o.label.split("（")[0] not in out)))


def _evident(metric: str, said: Slots, reader: Reader) -> bool:
    """Whether most of what rules could not read, and each word of several meanings, is spoken of when people ask
    for a metric: a name that we do not know must not be passed over."""
    words = _spoken(metric, reader)
    own = set("".join(t.text for t in said.unread).lower()) - _GENERIC
    meant = all(metric in t.metrics or t.text.lower() in words for t in said.ambiguous)
    return meant and not _VAGUE.search(said.text) and sum(c in words for c in own) * 4 >= 3 * len(own)


def _spoken(metric: str, reader: Reader) -> str:
    """All words in which people ask for a metric."""
    known = reader.catalogue.metrics[metric]
    examples = reader.guesser.examples.get(metric, ()) if reader.guesser else ()
    return " ".join((known.name, *known.synonyms, known.definition, *examples)).lower()
