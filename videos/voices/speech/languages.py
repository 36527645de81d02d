"""Languages by their own names."""

from django.conf.locale import LANG_INFO

# Where Django has none, or one that a region needs beside it.
NAMES = {
    "en-us": "English (US)",
    "en-gb": "English (UK)",
    "es-419": "Español (Latinoamérica)",
    "fr-be": "Français (Belgique)",
    "fr-ch": "Français (Suisse)",
    "am": "አማርኛ",
    "eu": "Euskara",
    "ka": "ქართული",
    "kn": "ಕನ್ನಡ",
    "cmn": "中文 (普通话)",
    "gu": "ગુજરાતી",
    "he": "עברית",
    "la": "Latina",
    "ms": "Bahasa Melayu",
    "mt": "Malti",
    "pa": "ਪੰਜਾਬੀ",
    "yue": "粵語",
    "zh": "中文",
}


def name_language(code: str) -> str:
    """Its own name for itself, as “Deutsch”; the code itself where that is not known."""
    code = code.replace("_", "-").lower()
    if code in NAMES:
        return NAMES[code]
    info = LANG_INFO.get(code, {})
    if name := str(info.get("name_local", "")):
        return name[:1].upper() + name[1:]
    base, _, region = code.partition("-")
    return f"{name_language(base)} ({region.upper()})" if region else code
