"""Surveys in chat: files of questions, rules for whom to ask when, the dialogue that reads free answers."""
