"""The statements about what is in a ZIP, as a text file beside the files."""

from dashboard.consent.consented_model import NOBODY_STATED, ConsentedModel

FILENAME = "Permissions.txt"


class Listing:
    """Collects what was stated about the files of an archive while they are named."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, filename: str, **rows: ConsentedModel | None) -> None:
        """A file, and what it was made of: `portrait`, `voice`; None for what is not known any more."""
        self.lines.append(filename)
        for part, row in rows.items():
            self.lines += [f"  {part.capitalize()}: {_describe(row)}", *_describe_details(row)]
        self.lines.append("")

    def texts(self) -> dict[str, str]:
        """For dashboard.files.zip_stream."""
        return {FILENAME: "\r\n".join(self.lines)}


def _describe(row: ConsentedModel | None) -> str:
    if row is None:
        return "It was deleted, with what was stated about it."
    return row.consent.sentence if row.consent else NOBODY_STATED


def _describe_details(row: ConsentedModel | None) -> list[str]:
    consent = row.consent if row else None
    if consent is None:
        return []
    details = (("Who it is", consent.person), ("Release", consent.reference))
    return [f"    {label}: {value}" for label, value in details if value]
