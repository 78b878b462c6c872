"""Keys struck at random: by a cat, a child, a pocket. Pure; what an input method makes of it in Chinese counts too."""

import re

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_RUN = 4  # neighbours on the keyboard, one after another: no word has so many
_RUNS = tuple(row[at : at + _RUN] for line in _ROWS for row in (line, line[::-1]) for at in range(len(line) - _RUN + 1))
_BY_INPUT_METHOD = re.compile(
    r"阿斯顿(?!马丁)|阿萨德|阿斯蒂芬|阿斯达|撒地方|大苏打撒|萨达萨达|撒大大|士大夫撒|是滴发送|发生的发"
)


def is_mashed(text: str) -> bool:
    """Whether a short message without a space is nothing but such keys."""
    bare = re.sub(r"[\d\W_]+", "", text.lower())
    if " " in text.strip() or len(bare) > 40:
        return False
    if bare.isascii():
        return len(bare) >= _RUN + 1 and any(run in bare for run in _RUNS)
    return bool(_BY_INPUT_METHOD.search(bare)) and len(bare) <= 16
