"""The error tree of the service.

ZhikeError
├── Refusal            the request is understood and refused; the person is told why, nothing is broken
│   ├── NotFound       what was named does not exist (or is not the asker's)
│   ├── BadInput       the input cannot be used as it stands
│   └── NotAllowed     the asker may not do this
└── Failure            something of ours or of a dependency broke; the person gets an apology and a way on
    ├── ConfigError    a setting or an operator's file is wrong
    ├── ModelDown      the language model cannot be reached, or its circuit is open
    ├── ModelOffSchema the model answered, but not in the form that was asked
    └── StoreDown      the operational store cannot be reached

Errors of tools (`tools.errors`) stand beside this tree: they are part of the contract with a retailer.
A `Refusal` carries `public`, the sentence in the user's language; a `Failure` never shows its text.
"""


class ZhikeError(Exception):
    """Root of everything that the service raises on purpose."""


class Refusal(ZhikeError):
    """Understood and refused. `public` is shown to the person as it stands."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


class NotFound(Refusal):
    """What was named does not exist, or is not the asker's to see."""


class BadInput(Refusal):
    """The input cannot be used as it stands."""


class NotAllowed(Refusal):
    """The asker may not do this."""


class Failure(ZhikeError):
    """Something broke. The text is for the log."""


class ConfigError(Failure):
    """A setting or an operator's file is wrong; the text says which and how to mend it."""


class ModelDown(Failure):
    """The language model cannot be reached in time, or its circuit is open."""


class ModelOffSchema(Failure):
    """The model answered, but not in the form that was asked."""


class StoreDown(Failure):
    """The operational store cannot be reached."""
