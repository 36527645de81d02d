"""Voices, videos, and the files made from them."""

from videos.models.backdrop import Backdrop
from videos.models.batch import Batch, BatchItem, ItemState
from videos.models.export import Export, ExportKind
from videos.models.label_setting import LabelSetting
from videos.models.mask_download import MaskDownload
from videos.models.share import Share, ShareComment, ShareDay
from videos.models.speech import Speech
from videos.models.video import NO_MASK, Video
from videos.models.voice import Voice

__all__ = [
    "NO_MASK",
    "Backdrop",
    "Batch",
    "BatchItem",
    "Export",
    "ExportKind",
    "ItemState",
    "LabelSetting",
    "MaskDownload",
    "Share",
    "ShareComment",
    "ShareDay",
    "Speech",
    "Video",
    "Voice",
]
