"""WeChat Official Account: pushes become domain messages, domain replies become WeChat's messages and calls."""

CHANNEL = "official_account"
NOTICE = "official_account.notice"
CALLBACK = "/wechat/official"  # where WeChat pushes to
