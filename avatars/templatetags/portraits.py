"""What the pages say of portraits before they are sent: {% load portraits %}."""

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.uploads.portraits import MAX_ASPECT, MIN_SIDE

register = template.Library()


@register.simple_tag
def portrait_limits() -> SafeString:
    """Attributes of a form, for static/js/portrait-check.js."""
    return format_html(
        'data-max-bytes="{}" data-max-pixels="{}" data-max-aspect="{}" data-min-side="{}"',
        settings.MAX_PORTRAIT_BYTES,
        settings.MAX_PORTRAIT_PIXELS,
        MAX_ASPECT,
        MIN_SIDE,
    )


@register.simple_tag
def portrait_types() -> str:
    """For the attribute `accept`: some browsers do not count all of these among the pictures."""
    return "image/*,.heic,.heif,.avif,.tif,.tiff,.bmp"
