"""What a browser calls itself, as people say it."""

_BROWSERS = (
    ("MicroMessenger", "微信"), ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)  # fmt: skip


def device(agent: str) -> str:
    """`Chrome，Windows`; the name itself where it is none of those."""
    found = [next((said for word, said in known if word in agent), "") for known in (_BROWSERS, _SYSTEMS)]
    return "，".join(f for f in found if f) or agent[:60] or "未知"
