"""The tags of heroicons, each icon drawn once (a built-in library: no {% load %} needed).

The package draws an icon anew, from its XML tree, each time it is shown. Nearly all of ours are named by constants,
so they become plain text when their template is read.
"""

from collections.abc import Callable

from django import template
from django.template.base import FilterExpression, Node, Parser, TextNode, Token
from heroicons.templatetags import heroicons

register = template.Library()


def _once(compiled: Callable[[Parser, Token], Node]) -> Callable[[Parser, Token], Node]:
    def tag(parser: Parser, token: Token) -> Node:
        node = compiled(parser, token)
        said = [*node.args, *node.kwargs.values()]
        if node.target_var is None and all(map(_is_constant, said)):
            return TextNode(node.render(template.Context()))
        return node

    return tag


def _is_constant(said: FilterExpression) -> bool:
    return not said.filters and (not said.is_var or said.var.lookups is None)


for _name, _tag in heroicons.register.tags.items():
    register.tag(_name, _once(_tag))
