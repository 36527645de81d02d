"""Pillow's plugin for what iPhones save; imported only when it is needed, for it is slow to load."""

import pillow_heif

pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
