"""WeChat's return codes, as its list of global codes words them. Raised by the rules, answered by the API."""

MESSAGES = {
    -1: "system error",
    0: "ok",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40005: "invalid file type",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40010: "invalid voice size",
    40011: "invalid video size",
    40012: "invalid thumb size",
    40013: "invalid appid",
    40014: "invalid access_token",
    40016: "invalid button size",
    40017: "invalid button type",
    40018: "invalid button name size",
    40019: "invalid button key size",
    40020: "invalid button url size",
    40022: "invalid sub button level",
    40023: "invalid sub button size",
    40024: "invalid sub button type",
    40025: "invalid sub button name size",
    40026: "invalid sub button key size",
    40027: "invalid sub button url size",
    40029: "invalid code",
    40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    40037: "invalid template_id",
    40052: "invalid action name",
    40053: "invalid action info",
    40054: "invalid sub button url domain",
    40055: "invalid button url domain",
    40066: "invalid url",
    40119: "invalid use button type",
    40163: "code been used",
    40164: "invalid ip, not in whitelist",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    41006: "media_id missing",
    41008: "missing code",
    42001: "access_token expired",
    42003: "oauth_code expired",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    43019: "require remove blacklist",
    43101: "user refuse to accept the msg",
    44001: "empty media data",
    44002: "empty post data",
    44004: "empty content",
    45002: "content size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45072: "invalid command",
    45080: "sending typing status requires user interaction within the last 30 seconds",
    45081: "typing status is already being sent",
    46003: "menu no exist",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    48004: "api forbidden for irregularities, view detail on mp.weixin.qq.com",
    48006: "forbid to clear quota because of reaching the limit",
    50002: "user limited",
    76021: "cgi_path not found, please check",
    76022: "could not use this cgi_path, no permission",
}

# What a careful caller still meets: the world changed behind its back, or the platform failed.
NOT_OF_THE_CALLER = frozenset({-1, 0, 40001, 42001, 42003, 43004, 43019, 45009, 46003, 48004, 50002})


class Refused(Exception):
    """The API answers `code`. `blame`: a rule that the caller could have kept; recorded as a violation."""

    def __init__(self, code: int, detail: str = "", *, blame: bool | None = None) -> None:
        self.code = code
        self.message = f"{MESSAGES[code]} {detail}".strip()
        self.blame = code not in NOT_OF_THE_CALLER if blame is None else blame
        super().__init__(f"{code} {self.message}")
