"""The visible label of videos: one setting for the whole team."""

from typing import Self

from django.core.exceptions import ValidationError
from django.db import models

from videos.looks.look import MAX_LABEL, is_label


def validate_words(words: str) -> None:
    """The font has these characters."""
    if not is_label(words):
        raise ValidationError("Use Latin, Greek or Cyrillic letters, digits and ordinary punctuation.")


class LabelSetting(models.Model):
    """One row. Words and corner are those of every label; `is_on` puts it on all videos."""

    class Corner(models.TextChoices):
        TOP_LEFT = "top-left", "Top left"
        TOP_RIGHT = "top-right", "Top right"
        BOTTOM_LEFT = "bottom-left", "Bottom left"
        BOTTOM_RIGHT = "bottom-right", "Bottom right"

    is_on = models.BooleanField("show the label in all videos", default=False)
    words = models.CharField(max_length=MAX_LABEL, default="AI-generated", validators=[validate_words])
    corner = models.CharField("position", max_length=12, choices=Corner.choices, default=Corner.TOP_LEFT)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="label_setting_is_one"),
        ]

    def __str__(self) -> str:
        return self.words

    @classmethod
    def get(cls) -> Self:
        """The setting; the defaults until an owner has saved it."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)
