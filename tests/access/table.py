"""Who may do what: every address of the product with what each kind of visitor gets there.

A new address needs a row here, a new role a column in `Rule` and a visitor in test_table.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class Visitor(StrEnum):
    """Who asks, and how they stand to the things that the addresses name."""

    ANONYMOUS = "nobody signed in"
    VIEWER = "a viewer"
    OTHER = "a creator who did not make it"
    MAKER = "the creator who made it"
    ADMIN = "an admin, who did not make it"
    OWNER = "an owner, who did not make it"


class Outcome(StrEnum):
    SIGN_IN = "sent to the sign-in page"
    FORBIDDEN = "403"
    ALLOWED = "allowed"


SIGN_IN, FORBIDDEN, ALLOWED = Outcome
Rule = Mapping[Visitor, Outcome]


def rule(*outcomes: Outcome) -> Rule:
    """One column a kind of visitor."""
    return dict(zip(Visitor, outcomes, strict=True))


#                     anonymous  viewer     other      maker      admin      owner
PUBLIC_RULE = rule(ALLOWED, ALLOWED, ALLOWED, ALLOWED, ALLOWED, ALLOWED)
TEAM_RULE = rule(SIGN_IN, ALLOWED, ALLOWED, ALLOWED, ALLOWED, ALLOWED)
CREATOR_RULE = rule(SIGN_IN, FORBIDDEN, ALLOWED, ALLOWED, ALLOWED, ALLOWED)
MAKER_RULE = rule(SIGN_IN, FORBIDDEN, FORBIDDEN, ALLOWED, ALLOWED, ALLOWED)
ADMIN_RULE = rule(SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, ALLOWED, ALLOWED)


@dataclass(frozen=True)
class Access:
    """One method of an address: who may, and the status that those get who may."""

    rule: Rule
    status: int = 200
    data: Mapping[str, Any] = field(default_factory=dict)  # what is sent
    gone: int = 404  # the status where the thing that the address names does not exist
    is_csrf_exempt: bool = False
    signed_in: int | None = None  # the status for people who are signed in, where it is another

    def __call__(self, status: int = 200, **values: Any) -> "Access":
        return replace(self, status=status, **values)


PUBLIC, TEAM, CREATOR = Access(PUBLIC_RULE), Access(TEAM_RULE), Access(CREATOR_RULE)
MAKER, ADMIN = Access(MAKER_RULE), Access(ADMIN_RULE)
AGAIN = TEAM(302, signed_in=302, gone=302)

# By address, as the URLconf has it, and method; any other method is answered with 405.
TABLE: dict[str, dict[str, Access]] = {
    "": {"GET": TEAM},
    "sample/": {"POST": CREATOR(302)},
    "tour/": {"POST": CREATOR(302)},
    "news/": {"GET": TEAM(data={"since": "2026-01-01T00:00:00Z"})},  # else only of the last seconds
    "avatars/": {"GET": TEAM},
    "avatars/changes/": {"GET": TEAM(204)},
    "avatars/upload/": {"POST": CREATOR(302)},
    "avatars/zip/": {"GET": TEAM(302)},
    "avatars/delete/": {"POST": CREATOR(302)},
    "avatars/sync/": {"POST": CREATOR(302)},
    "avatars/sync/state/": {"GET": TEAM},
    "avatars/<int:pk>/": {"GET": TEAM},
    "avatars/<int:pk>/card/": {"GET": TEAM(gone=200)},
    "avatars/<int:pk>/status/": {"GET": TEAM(gone=200)},
    "avatars/<int:pk>/rename/": {"POST": MAKER(302)},
    "avatars/<int:pk>/gender/": {"POST": MAKER(302)},
    "avatars/<int:pk>/consent/": {"POST": MAKER(302)},
    "avatars/<int:pk>/face/": {"POST": CREATOR(302, data={"face": "2"})},
    "forgotten/<int:pk>/": {"GET": MAKER},
    "avatars/<int:pk>/forget/": {"GET": MAKER, "POST": MAKER(422)},
    "avatars/<int:pk>/fetch/": {"POST": MAKER(302)},
    "avatars/<int:pk>/retry/": {"POST": MAKER(302)},
    "avatars/<int:pk>/portrait/": {"POST": MAKER(302)},
    "avatars/<int:pk>/delete/": {"POST": MAKER(302)},
    "trash/": {"GET": TEAM},
    "trash/undo/": {"POST": CREATOR(302)},
    "trash/empty/": {"GET": TEAM, "POST": CREATOR(302)},
    "trash/<slug:kind>/<int:pk>/restore/": {"POST": MAKER(302)},
    "trash/<slug:kind>/<int:pk>/delete/": {"GET": MAKER, "POST": MAKER(302)},
    "find/": {"GET": TEAM},
    "projects/": {"GET": TEAM, "POST": CREATOR(302)},
    "projects/<int:pk>/rename/": {"POST": MAKER(302)},
    "projects/<int:pk>/delete/": {"POST": MAKER(302)},
    "filters/save/": {"POST": TEAM(302, data={"gallery": "videos", "name": "Ready", "query": "state=ready"})},
    "filters/<int:pk>/delete/": {"POST": TEAM(404)},  # each person's own
    "organize/<slug:kind>/": {"POST": CREATOR(302)},
    "organize/<slug:kind>/dialog/": {"GET": TEAM},
    "organize/<slug:kind>/<int:pk>/": {"POST": MAKER(302)},
    "favourites/<slug:kind>/<int:pk>/": {"POST": TEAM(302)},
    "videos/": {"GET": TEAM},
    "videos/changes/": {"GET": TEAM(204)},
    "videos/new/": {"GET": CREATOR, "POST": CREATOR(422)},
    "videos/new/speaker/<int:pk>/": {"GET": TEAM(gone=200)},
    "videos/looks/pictures/": {"POST": CREATOR(422)},
    "videos/looks/pictures/<int:pk>/delete/": {"GET": MAKER, "POST": MAKER(302)},
    "videos/looks/<int:pk>/": {"GET": MAKER, "POST": MAKER(302)},
    "videos/looks/<int:pk>/state/": {"GET": TEAM(gone=200)},
    "videos/looks/<int:pk>/again/": {"POST": MAKER(302)},
    "videos/voices/": {"GET": TEAM},
    "videos/voices/changes/": {"GET": TEAM(204)},
    "videos/voices/new/": {"POST": CREATOR(302)},
    "videos/voices/speech/new/": {"GET": CREATOR, "POST": CREATOR(422)},
    "videos/voices/speech/<int:pk>/": {"GET": TEAM},
    "videos/voices/speech/<int:pk>/state/": {"GET": TEAM(202)},
    "videos/voices/speech/<int:pk>/cancel/": {"POST": MAKER(302)},
    "videos/voices/speech/<int:pk>/retry/": {"POST": MAKER(302)},
    "videos/voices/<int:pk>/": {"GET": TEAM},
    "videos/voices/<int:pk>/facts/": {"GET": TEAM},
    "videos/voices/<int:pk>/edit/": {"POST": CREATOR(302)},
    "videos/voices/<int:pk>/restore/": {"POST": MAKER(302)},
    "videos/voices/<int:pk>/rename/": {"POST": MAKER(302)},
    "videos/voices/<int:pk>/consent/": {"POST": MAKER(302)},
    "videos/voices/<int:pk>/forget/": {"GET": MAKER, "POST": MAKER(422)},
    "videos/voices/<int:pk>/keep/": {"POST": MAKER(302)},
    "videos/voices/<int:pk>/delete/": {"POST": MAKER(302)},
    "videos/batches/": {"GET": TEAM},
    "videos/batches/changes/": {"GET": TEAM(204)},
    "videos/batches/new/<way:way>/": {"GET": CREATOR, "POST": CREATOR(422)},
    "videos/batches/new/<way:way>/sound/": {"POST": CREATOR(422)},
    "videos/batches/template.csv": {"GET": TEAM},
    "videos/batches/template.xlsx": {"GET": TEAM},
    "videos/batches/<int:pk>/": {"GET": TEAM},
    "videos/batches/<int:pk>/status/": {"GET": TEAM(204, gone=200)},
    "videos/batches/<int:pk>/panel/": {"GET": TEAM(gone=200)},
    "videos/batches/<int:pk>/sum/": {"GET": TEAM(gone=200)},
    "videos/batches/<int:pk>/zip/": {"GET": TEAM(302)},
    "videos/batches/<int:pk>/rename/": {"POST": MAKER(302)},
    "videos/batches/<int:pk>/retry/": {"POST": MAKER(302)},
    "videos/batches/<int:pk>/cancel/": {"POST": MAKER(302)},
    "videos/batches/<int:pk>/delete/": {"POST": MAKER(302)},
    "videos/batches/<int:pk>/draft/": {"GET": TEAM},
    "videos/batches/<int:pk>/draft/start/": {"POST": MAKER(302)},
    "videos/batches/<int:pk>/draft/discard/": {"POST": MAKER(302)},
    "videos/batches/<int:pk>/draft/sheet/": {"POST": MAKER(302)},
    "videos/batches/<int:pk>/draft/sheet.<kind:kind>": {"GET": TEAM},
    "videos/batches/<int:pk>/sounds/": {"POST": MAKER(302)},
    "videos/batches/<int:pk>/rows/<int:item_pk>/": {"POST": MAKER(302)},
    "videos/batches/<int:pk>/rows/<int:item_pk>/remove/": {"POST": MAKER(302)},
    "videos/batches/<int:pk>/rows/<int:item_pk>/retry/": {"POST": MAKER(302)},
    "videos/batches/<int:pk>/rows/<int:item_pk>/cancel/": {"POST": MAKER(302)},
    "videos/zip/": {"GET": TEAM(302)},
    "videos/delete/": {"POST": CREATOR(302)},
    "videos/sync/": {"POST": CREATOR(302)},
    "videos/sync/state/": {"GET": TEAM},
    "videos/<int:pk>/": {"GET": TEAM},
    "videos/<int:pk>/exports/<slug:kind>/": {"GET": TEAM},
    "videos/<int:pk>/exports/<slug:kind>/make/": {"POST": TEAM(302)},
    "videos/<int:pk>/exports/<slug:kind>/file/": {"GET": TEAM(302)},
    "videos/<int:pk>/thumbnail/": {"GET": TEAM},
    "videos/<int:pk>/thumbnail/choose/": {"POST": MAKER(302)},
    "videos/<int:pk>/links/new/": {"GET": MAKER, "POST": MAKER(302)},
    "videos/<int:pk>/links/<int:share_pk>/": {"GET": MAKER, "POST": MAKER(302)},
    "videos/<int:pk>/links/<int:share_pk>/off/": {"POST": MAKER(302)},
    "videos/<int:pk>/links/<int:share_pk>/on/": {"POST": MAKER(302)},
    "videos/<int:pk>/links/comments/seen/": {"POST": MAKER(204)},
    "videos/<int:pk>/links/comments/<int:comment_pk>/answer/": {"POST": MAKER(302)},
    "videos/<int:pk>/links/comments/<int:comment_pk>/delete/": {"POST": MAKER(302)},
    "shared/": {"GET": ADMIN},
    # Whoever has the link; none of them uses a session (videos/sharing/public_views.py).
    "share/<str:token>/": {"GET": PUBLIC, "POST": PUBLIC(200, is_csrf_exempt=True)},
    "share/<str:token>/embed/": {"GET": PUBLIC, "POST": PUBLIC(200, is_csrf_exempt=True)},
    "share/<str:token>/poster.jpg": {"GET": PUBLIC},
    "share/<str:token>/played/": {"POST": PUBLIC(204, is_csrf_exempt=True)},
    "share/<str:token>/comment/": {"POST": PUBLIC(422, is_csrf_exempt=True)},
    "share/<str:token>/file/<str:signed>/<str:filename>": {"GET": PUBLIC},
    "videos/<int:pk>/captions.srt": {"GET": TEAM},
    "videos/<int:pk>/credentials/": {"GET": TEAM},
    "videos/<int:pk>/card/": {"GET": TEAM(gone=200)},
    "videos/<int:pk>/status/": {"GET": TEAM(gone=200)},
    "videos/<int:pk>/rename/": {"POST": MAKER(302)},
    "videos/<int:pk>/retry/": {"POST": MAKER(302)},
    "videos/<int:pk>/fetch/": {"POST": MAKER(302)},
    "videos/<int:pk>/mask/": {"GET": TEAM(gone=200)},
    "videos/<int:pk>/mask/again/": {"POST": MAKER(302)},
    "videos/<int:pk>/cancel/": {"POST": MAKER(302)},
    "videos/<int:pk>/delete/": {"POST": MAKER(302)},
    "activity/": {"GET": ADMIN},
    "activity.csv": {"GET": ADMIN},
    "connection/": {"GET": ADMIN},
    "connection/<slug:key>/": {"GET": ADMIN},
    "connection/<slug:key>/test/": {"POST": ADMIN(302)},
    "usage/": {"GET": ADMIN},
    "usage/<slug:key>.csv": {"GET": ADMIN},
    "api/": {"GET": TEAM},
    "tokens/": {"GET": ADMIN},
    "tokens/create/": {"POST": ADMIN(200, data={"name": "website", "scope": "read", "days": ""})},
    "tokens/<int:pk>/revoke/": {"POST": ADMIN(302)},
    "label/": {"GET": ADMIN, "POST": ADMIN},
    # For files of anybody; nothing is changed by it.
    "check/": {"GET": PUBLIC, "POST": PUBLIC(422, is_csrf_exempt=True)},
    "health/": {"GET": PUBLIC},
    "health/live": {"GET": PUBLIC},
    "health/ready": {"GET": PUBLIC(503)},  # no worker runs beside these tests
    "metrics": {"GET": PUBLIC(404)},  # METRICS_TOKEN is not set
    "media/<str:signed>/<str:filename>": {"GET": TEAM},  # a link of a page
    "setup/": {"GET": TEAM(302), "POST": TEAM(302)},  # once there is an owner
    "invitation/<str:token>/": {"GET": PUBLIC, "POST": PUBLIC},
    "new-password/<str:token>/": {"GET": PUBLIC, "POST": PUBLIC},
    "password-strength/": {"POST": PUBLIC},
    "account/": {"GET": TEAM, "POST": TEAM},
    "account/picture/": {"POST": TEAM(302)},
    "account/picture/remove/": {"POST": TEAM(302)},
    # A stranger's session is as gone as one that never was.
    "account/sessions/<int:pk>/end/": {"POST": TEAM(302, gone=302)},
    "account/mails/": {"POST": TEAM(302)},
    "account/sessions/end-others/": {"POST": TEAM(302)},
    "people/": {"GET": TEAM},
    "people/invite/": {"POST": ADMIN},
    "people/sessions/": {"GET": ADMIN},
    "people/<int:pk>/": {"GET": ADMIN},
    "people/<int:pk>/role/": {"POST": ADMIN(302)},
    "people/<int:pk>/password/": {"POST": ADMIN},
    "people/<int:pk>/sign-out/": {"POST": ADMIN(302)},
    "people/<int:pk>/sessions/<int:session_pk>/end/": {"POST": ADMIN(302)},
    "people/two-step/": {"POST": ADMIN(302)},
    "people/<int:pk>/two-step/reset/": {"POST": ADMIN(302)},
    "people/<int:pk>/deactivate/": {"POST": ADMIN(302)},
    "people/<int:pk>/reactivate/": {"POST": ADMIN(302)},
    "people/links/<int:pk>/withdraw/": {"POST": ADMIN(302, gone=302)},
    "accounts/login/": {"GET": PUBLIC(signed_in=302), "POST": PUBLIC(signed_in=302)},
    # 302: allauth first wants to know again that it is you, or has nothing to ask for.
    "accounts/login/second-step/": {"GET": AGAIN, "POST": AGAIN},
    "accounts/login/passkey/": {"GET": AGAIN, "POST": AGAIN},
    "accounts/confirm/": {"GET": TEAM, "POST": TEAM},
    "accounts/confirm/code/": {"GET": AGAIN, "POST": AGAIN},
    "accounts/confirm/passkey/": {"GET": AGAIN, "POST": AGAIN},
    "accounts/two-step/": {"GET": TEAM},
    "accounts/two-step/app/": {"GET": AGAIN, "POST": AGAIN},
    "accounts/two-step/app/remove/": {"GET": TEAM(404, signed_in=404), "POST": TEAM(404, signed_in=404)},
    "accounts/two-step/passkeys/": {"GET": TEAM(302)},
    "accounts/two-step/passkeys/add/": {"GET": AGAIN, "POST": AGAIN},
    "accounts/two-step/passkeys/<int:pk>/remove/": {"GET": AGAIN, "POST": AGAIN},
    "accounts/two-step/codes/": {"GET": TEAM(404)},
    "accounts/two-step/codes/new/": {"GET": AGAIN, "POST": AGAIN},
    "accounts/logout/": {"GET": TEAM, "POST": TEAM(302)},
    "accounts/inactive/": {"GET": PUBLIC},
    "accounts/password/change/": {"GET": TEAM, "POST": TEAM},
}
