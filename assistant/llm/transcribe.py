"""Speech to text by an OpenAI-compatible endpoint. Without one, recordings are kept for a person to hear."""

from typing import Protocol

from assistant import logs
from assistant.config import TranscriptionSettings
from assistant.errors import ModelDown

log = logs.get("llm")


class Transcriber(Protocol):
    def words(self, recording: bytes, name: str) -> str: ...


class NoTranscriber:
    """Hears nothing."""

    def words(self, recording: bytes, name: str) -> str:
        raise ModelDown("no transcription endpoint is set")


class EndpointTranscriber:
    """`POST {base_url}/audio/transcriptions`."""

    def __init__(self, settings: TranscriptionSettings) -> None:
        import openai  # takes seconds

        key = settings.api_key.get_secret_value() or "none"
        self._model = settings.model
        self._client = openai.OpenAI(base_url=settings.base_url, api_key=key, timeout=settings.timeout_s, max_retries=1)

    def words(self, recording: bytes, name: str) -> str:
        """What was said. Raises ModelDown where nothing could be made out."""
        import openai

        try:
            found = self._client.audio.transcriptions.create(model=self._model, file=(name, recording), language="zh")
        except openai.OpenAIError as error:
            raise ModelDown(f"transcription: {error!r}") from error
        if not found.text.strip():
            raise ModelDown("transcription: nothing heard")
        return found.text.strip()


def transcriber(settings: TranscriptionSettings) -> Transcriber:
    return EndpointTranscriber(settings) if settings.base_url else NoTranscriber()
