"""What is told on whatever page: each kind of work that somebody waits for."""

import pytest

from dashboard.notifications import Notifying, list_models


@pytest.mark.parametrize("model", list_models())
def test_every_model_that_tells_news_has_all_that_is_told(model):
    told = {*Notifying.__annotations__, *(name for name in vars(Notifying) if not name.startswith("_"))}
    assert {"NEWS_WORDS", "outcome"} <= told
    assert [name for name in sorted(told) if not hasattr(model, name)] == []
