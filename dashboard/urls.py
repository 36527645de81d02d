"""All addresses. Those of the API are left out with another provider."""

from django.conf import settings
from django.urls import include, path

from dashboard import notifications
from dashboard.audit import views as audit
from dashboard.files import signed_links
from dashboard.health.views import health, live, ready
from dashboard.mail_news.views import choose as choose_mails
from dashboard.metrics.views import metrics
from dashboard.palette.views import palette
from dashboard.provenance.views import check_file

urlpatterns = [
    path("", include("videos.home_urls")),
    path("", include("videos.forgetting.urls")),
    path("news/", notifications.news, name="news"),
    path("avatars/", include("avatars.urls")),
    path("trash/", include("dashboard.trash.urls")),
    path("find/", palette, name="palette"),
    path("", include("dashboard.organizing.urls")),
    path("videos/", include("videos.urls")),
    path("connection/", include("dashboard.connection.urls")),
    path("", include("videos.sharing.public_urls")),
    path("account/mails/", choose_mails, name="account-mails"),
    path("activity/", audit.audit, name="audit"),
    path("activity.csv", audit.download, name="audit-csv"),
    path("check/", check_file, name="check-file"),
    path("health/", health, name="health"),
    path("health/live", live, name="health-live"),
    path("health/ready", ready, name="health-ready"),
    path("metrics", metrics, name="metrics"),
    path("media/<str:signed>/<str:filename>", signed_links.serve, name="media"),
    path("", include("dashboard.accounts.urls")),
]
handler400 = "dashboard.views.bad_request"
handler500 = "dashboard.views.server_error"
if settings.EMBEDDED:
    urlpatterns.append(path("v1/cg_avatar/", include("engine.urls")))
    urlpatterns.append(path("", include("engine.page_urls")))
