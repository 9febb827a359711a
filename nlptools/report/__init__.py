"""Words in context -> one page of HTML: its data (data.py), its parts put together (page.py), its built assets."""
