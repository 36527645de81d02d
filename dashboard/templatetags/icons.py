"""The tags of heroicons, each icon rendered once (a built-in library: no {% load %} needed).

The package renders an icon from its XML tree each time it is shown. Nearly all of ours have constant arguments, so
they become plain text when their template is compiled.
"""

from collections.abc import Callable
from typing import Any

from django import template
from django.template.base import FilterExpression, Node, Parser, TextNode, Token, Variable
from heroicons.templatetags import heroicons

register = template.Library()


def _render_when_compiled(compile_tag: Callable[[Parser, Token], Any]) -> Callable[[Parser, Token], Node]:
    def tag(parser: Parser, token: Token) -> Node:
        node = compile_tag(parser, token)
        arguments = [*node.args, *node.kwargs.values()]
        if node.target_var is None and all(map(_is_constant, arguments)):
            return TextNode(node.render(template.Context()))
        original: Node = node
        return original

    return tag


def _is_constant(argument: FilterExpression) -> bool:
    return not argument.filters and (not isinstance(argument.var, Variable) or argument.var.lookups is None)


for _name, _tag in heroicons.register.tags.items():
    register.tag(_name, _render_when_compiled(_tag))
