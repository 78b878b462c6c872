"""Keys struck at random: by a cat, a child, a pocket. Pure; what an input method makes of it in Chinese counts too."""

import re

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_RUN = 4  # neighbours on the keyboard, one after another
_MOST = 0.8  # of the letters: "property" has a run too
_RUNS = tuple(row[at : at + _RUN] for line in _ROWS for row in (line, line[::-1]) for at in range(len(line) - _RUN + 1))
_BY_INPUT_METHOD = re.compile("阿斯顿(?!马丁)|阿萨德|阿斯蒂芬|阿斯达|大苏打撒|萨达萨达|士大夫撒|是滴发送")


def is_mashed(text: str) -> bool:
    """Whether a short message without a space is nothing but such keys."""
    bare = re.sub(r"[\d\W_]+", "", text.lower())
    if " " in text.strip() or len(bare) > 40:
        return False
    if bare.isascii():
        struck = {at + i for run in _RUNS for at in range(len(bare)) if bare.startswith(run, at) for i in range(_RUN)}
        return len(bare) > _RUN and len(struck) >= _MOST * len(bare)
    return sum(len(found) for found in _BY_INPUT_METHOD.findall(bare)) * 2 >= len(bare)
