"""Where a file comes from: what is made here is marked as synthetic and signed, and anybody can check it here.

The marks are Content Credentials (C2PA) and, beside them, XMP with IPTC's digital source type; WebM, which C2PA does
not carry, has the type as a container tag only.
"""
