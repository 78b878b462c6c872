"""Prompts are files here, by use; `prompts.loader` reads them."""

from prompts.loader import Prompt, PromptError, load

__all__ = ["Prompt", "PromptError", "load"]
