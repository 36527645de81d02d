"""Pillow's plugin for HEIF, the format of iPhones; imported only when needed, because it loads slowly."""

import pillow_heif

pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
