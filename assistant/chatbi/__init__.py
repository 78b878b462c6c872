"""Questions of the staff answered from the mart: metric language, compiler, scope, narration."""
