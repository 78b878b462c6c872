"""Tools whose wishes are worded alike. Called by what reads a message in the light of the one before."""

_FAMILIES = (
    {"return_check", "return_request"},
    {"stock_check", "stock_reserve", "product_find", "size_advice"},
    {"order_status", "order_logistics"},
    {"appointment_book", "appointment_move"},
    {"points_rewards", "points_redeem"},
    {"coupons_claim", "coupons_claimable"},
    {"store_find", "store_info"},
)


def beyond(rules: list[str], tool: str) -> bool:
    """True where a pattern of another wish fits."""
    return not set(rules) <= {tool, *kin(tool)}


def kin(tool: str) -> set[str]:
    """Tools whose wishes are worded alike, so that a rule of one says little against the other."""
    return next((family for family in _FAMILIES if tool in family), {tool})
