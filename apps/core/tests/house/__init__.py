"""The house rules as programs: each reads source text and says where it breaks a rule."""
