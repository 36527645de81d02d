"""Icons in templates: drawn when the template is read, and the same as the package draws them."""

import pytest
from django.template import Context, Template
from django.template.base import TextNode
from heroicons import IconDoesNotExist
from heroicons.templatetags import heroicons


def test_an_icon_named_by_constants_is_text_once_its_template_is_read():
    template = Template('{% heroicon_mini "plus" size=40 class="big" %}')
    assert [type(node) for node in template.nodelist] == [TextNode]
    assert template.render(Context()) == heroicons.heroicon_mini("plus", size=40, **{"class": "big"})


@pytest.mark.parametrize("said", ["name", '"plus" class=name', '"plus"|lower'])
def test_an_icon_that_depends_on_the_page_is_drawn_for_it(said):
    template = Template(f"{{% heroicon_outline {said} %}}")
    name = "film" if said == "name" else "plus"
    more = {"class": "film"} if "class" in said else {}
    assert template.render(Context({"name": "film"})) == heroicons.heroicon_outline(name, **more)


def test_an_icon_can_be_kept_for_later():
    template = Template('{% heroicon_mini "plus" as icon %}[{{ icon }}]')
    assert template.render(Context()) == f"[{heroicons.heroicon_mini('plus')}]"


def test_an_icon_that_does_not_exist_is_told_when_its_template_is_read():
    with pytest.raises(IconDoesNotExist):
        Template('{% heroicon_mini "no-such-icon" %}')
