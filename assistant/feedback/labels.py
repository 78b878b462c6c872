"""What a tagger says of a text: plain frozen data, and its form for programs (`as_json`)."""

from dataclasses import dataclass
from typing import Any, Literal

Sentiment = Literal["pos", "neu", "neg"]
Tier = Literal["rules", "linear", "model"]
Intent = Literal["praise", "complaint", "suggestion", "question", "statement"]

SENTIMENTS: tuple[Sentiment, ...] = ("neg", "neu", "pos")
EMOTIONS = ("joy", "trust", "surprise", "disappointment", "anger", "anxiety")
RISKS = ("safety", "food", "injury", "media", "legal", "vulnerable")


@dataclass(frozen=True)
class Label:
    """A label with how sure it is (0 to 1) and what found it."""

    name: str
    confidence: float
    tier: Tier

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "confidence": round(self.confidence, 3), "tier": self.tier}


@dataclass(frozen=True)
class AspectTag:
    """One leaf spoken of. `span` is an exact slice of the text, from `start` on."""

    leaf: str
    aspect: str
    group: str
    sentiment: Sentiment
    span: str
    start: int
    confidence: float
    tier: Tier

    def as_json(self) -> dict[str, Any]:
        return {
            "aspect": self.aspect,
            "id": self.leaf,
            "group": self.group,
            "sentiment": self.sentiment,
            "span": self.span,
            "start": self.start,
            "confidence": round(self.confidence, 3),
            "tier": self.tier,
        }


@dataclass(frozen=True)
class Tags:
    """All labels of a text. `score` lies in [-1, 1]; `urgency` is 0 (can wait), 1 (soon) or 2 (now)."""

    sentiment: Sentiment
    score: float
    confidence: float
    tier: Tier
    emotions: tuple[Label, ...] = ()
    aspects: tuple[AspectTag, ...] = ()
    intent: Label = Label("statement", 0.5, "rules")
    urgency: int = 0
    risks: tuple[Label, ...] = ()
    junk: Label | None = None  # spam | gibberish

    def as_json(self) -> dict[str, Any]:
        """The form of `zhike tag`: names flat, how sure and by what under `labels`."""
        labels = {"sentiment": Label(self.sentiment, self.confidence, self.tier).as_json()}
        labels["intent"] = self.intent.as_json()
        return {
            "sentiment": self.sentiment,
            "score": round(self.score, 3),
            "emotions": [e.name for e in self.emotions],
            "aspects": [a.as_json() for a in self.aspects],
            "intent": self.intent.name,
            "urgency": self.urgency,
            "risks": [r.name for r in self.risks],
            "junk": self.junk.name if self.junk else None,
            "labels": {
                **labels,
                "emotions": [e.as_json() for e in self.emotions],
                "risks": [r.as_json() for r in self.risks],
                "junk": self.junk.as_json() if self.junk else None,
            },
        }
