"""One row of work that a fault comes over: what it says, and how a person tries it again."""

from dataclasses import dataclass

ENDED = {"ready", "failed", "unsure", "cancelled"}
_COLUMNS = "id, state, error, lease_until IS NOT NULL AS held, progress"
# The state and the sentence of a row, by its table.
QUERIES = {
    "avatars_avatar": f"SELECT {_COLUMNS} FROM avatars_avatar WHERE id = {{}}",
    "videos_video": f"SELECT {_COLUMNS} FROM videos_video WHERE id = {{}}",
    "videos_export": f"SELECT {_COLUMNS} FROM videos_export WHERE id = {{}}",
    "videos_maskdownload": f"SELECT {_COLUMNS} FROM videos_maskdownload WHERE id = {{}}",
    # A row of a batch is done when its video is.
    "videos_batchitem": (
        "SELECT i.id, coalesce(v.state, i.state) AS state, coalesce(v.error, i.error) AS error,"
        " i.lease_until IS NOT NULL AS held, i.progress"
        " FROM videos_batchitem i LEFT JOIN videos_video v ON v.id = i.video_id WHERE i.id = {}"
    ),
    # There is no row before the last piece has come.
    "recording": (
        "SELECT max(id) AS id, iif(count(*), 'ready', 'uploading') AS state, '' AS error, 0 AS held, 0 AS progress"
        " FROM videos_voice WHERE name = '{}'"
    ),
    "portrait": (
        "SELECT max(id) AS id, coalesce(max(state), 'uploading') AS state, coalesce(max(error), '') AS error,"
        " 0 AS held, 0 AS progress FROM avatars_avatar WHERE name = '{}'"
    ),
}


@dataclass
class Work:
    """Work that was begun: a row that has to become ready, or fail with a sentence and be ready after a retry."""

    stage: str
    table: str
    key: object
    state: str  # in which the fault has to find it; "unfinished": in any before the end
    held: bool | None = None  # whether a task has to be at it
    has_begun: bool = False  # whether it has to have made progress
    retry: str = ""  # the address of "Try again", with the key of the row as {}

    @property
    def query(self) -> str:
        return QUERIES[self.table].format(self.key)

    def is_reached(self, row: dict[str, object]) -> bool:
        return (
            (row["state"] == self.state or (self.state == "unfinished" and row["state"] not in ENDED))
            and self.held in (None, bool(row["held"]))
            and (not self.has_begun or bool(row["progress"]))
        )
