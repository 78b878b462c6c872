"""Understanding of what was said: sentiment, emotions, aspects, intent, risks."""
