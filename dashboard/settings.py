"""All settings, each from the environment with a default that works; the README lists them.

An invalid value stops the start (see config/env.py); checks of the machine are in checks.py.
"""

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from dashboard.config import data_folder, env, generated_secrets, services

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("DATA_DIR") or BASE_DIR / "data").expanduser().absolute()
SECRETS_DIR = DATA_DIR / "secrets"
data_folder.make_private(DATA_DIR)

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.secret("SECRET_KEY") or generated_secrets.get_or_create(SECRETS_DIR, "secret_key")

# ---------------------------------------------------------------- addresses
HOST = env.text("HOST", "127.0.0.1")
PORT = env.number("PORT", 8000, minimum=1, maximum=65535)
# How people (and a provider on the internet) reach this site, for example https://studio.example.com.
PUBLIC_URL = env.url("PUBLIC_URL", path=False)
# How the processes of this machine reach it.
EVERYWHERE = HOST in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
_local = "127.0.0.1" if EVERYWHERE else HOST
LOCAL_URL = f"http://{f'[{_local}]' if ':' in _local else _local}:{PORT}"
# How the processes of all machines reach it, and how links for the embedded engine begin.
INTERNAL_URL = env.url("INTERNAL_URL", path=False) or LOCAL_URL
# What people open in a browser: it allows passkeys at this name of the machine itself, and not at 127.0.0.1.
BROWSER_URL = PUBLIC_URL or (f"http://localhost:{PORT}" if _local == "127.0.0.1" else LOCAL_URL)

_https = PUBLIC_URL.startswith("https://")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *env.items("ALLOWED_HOSTS")]
if EVERYWHERE:
    # In the local network this site is reached by the name or an address of this machine.
    _name = socket.gethostname()
    try:
        _addresses = {str(info[4][0]) for info in socket.getaddrinfo(_name, None)}
    except OSError:
        _addresses = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as _probe:
        try:
            _probe.connect(("192.0.2.1", 9))  # sends nothing; asks which address would be used
            _addresses.add(_probe.getsockname()[0])
        except OSError:
            pass
    ALLOWED_HOSTS += [_name, f"{_name}.local", *(f"[{a}]" if ":" in a else a for a in _addresses)]
else:
    ALLOWED_HOSTS.append(f"[{HOST}]" if ":" in HOST else HOST)
ALLOWED_HOSTS.append(env.host(INTERNAL_URL))
if PUBLIC_URL:
    ALLOWED_HOSTS.append(urlsplit(PUBLIC_URL).hostname or "")
    CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# ---------------------------------------------------------------- the avatar API
CG_AVATAR_API_URL = env.url("CG_AVATAR_API_URL")
CG_AVATAR_API_TOKEN = env.secret("CG_AVATAR_API_TOKEN")
EMBEDDED = not CG_AVATAR_API_URL
if EMBEDDED:
    if CG_AVATAR_API_TOKEN:
        raise ImproperlyConfigured("CG_AVATAR_API_TOKEN is set without CG_AVATAR_API_URL. Set both or none.")
    CG_AVATAR_API_URL = INTERNAL_URL
    CG_AVATAR_API_TOKEN = env.secret("ENGINE_TOKEN") or generated_secrets.get_or_create(
        SECRETS_DIR, "engine_token"
    )
elif not CG_AVATAR_API_TOKEN:
    raise ImproperlyConfigured("CG_AVATAR_API_URL is set without CG_AVATAR_API_TOKEN. Set both or none.")
# The longest sound, checked at upload; 0 is no limit. The beta of the original provider accepts one minute.
ENGINE_MAX_AUDIO_SECONDS = env.number("ENGINE_MAX_AUDIO_SECONDS", 600, minimum=1)
CG_AVATAR_MAX_AUDIO_SECONDS = env.number(
    "CG_AVATAR_MAX_AUDIO_SECONDS", ENGINE_MAX_AUDIO_SECONDS if EMBEDDED else 60
)
# Videos that may be at the provider at one time; the others wait here, where they can be cancelled.
CG_AVATAR_MAX_IN_FLIGHT = env.number("CG_AVATAR_MAX_IN_FLIGHT", 2 if EMBEDDED else 10, minimum=1)
# Over all processes; 0 is no limit. Our own engine has none for its dashboard.
CG_AVATAR_REQUESTS_PER_MINUTE = env.number("CG_AVATAR_REQUESTS_PER_MINUTE", 0 if EMBEDDED else 30)

# ---------------------------------------------------------------- the embedded engine
BUCKET_ORIGINS = services.bucket_origins()
ENGINE_FETCH_ALLOW = env.hosts_and_networks("ENGINE_FETCH_ALLOW")
ENGINE_REQUESTS_PER_MINUTE = env.number("ENGINE_REQUESTS_PER_MINUTE", 30, minimum=1)
ENGINE_KEEP_DAYS = env.number("ENGINE_KEEP_DAYS", 30)  # of finished videos; 0: for ever
ENGINE_GENERATE_WAIT = env.number("ENGINE_GENERATE_WAIT", 100, minimum=1)  # seconds
ENGINE_VIDEO_SIZE = env.number(
    "ENGINE_VIDEO_SIZE", 720, minimum=128, maximum=2160
)  # the shorter side, pixels

# ---------------------------------------------------------------- uploads
MAX_PORTRAIT_BYTES = 25 * 2**20
MAX_PORTRAIT_PIXELS = 50_000_000
MAX_PORTRAIT_SIDE = 4096  # larger ones are scaled down, not refused
MAX_AUDIO_BYTES = env.number("MAX_AUDIO_MB", 200, minimum=1) * 2**20
BATCH_MAX_VIDEOS = env.number("BATCH_MAX_VIDEOS", 200, minimum=1, maximum=500)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20  # form fields; files go to disk
FILE_UPLOAD_HANDLERS = [
    "dashboard.uploads.handlers.SizeLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_MAX_MEMORY_SIZE = 512 * 2**10
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "tmp"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)

# ---------------------------------------------------------------- room on the disk
# With less than this nothing new is taken and jobs wait: the database has to go on.
DISK_RESERVE_BYTES = env.number("DISK_RESERVE_MB", 300, minimum=10) * 2**20
# With less than this the owners are told that it is nearly full.
DISK_WARNING_BYTES = env.number("DISK_WARNING_MB", 3000) * 2**20

# ---------------------------------------------------------------- backups
BACKUP_EVERY = env.duration("BACKUP_EVERY")  # seconds; 0: none are made by themselves
BACKUP_KEEP = env.number("BACKUP_KEEP", 7, minimum=1)
BACKUP_DIR = Path(env.text("BACKUP_DIR") or DATA_DIR / "backups").expanduser().absolute()

# ---------------------------------------------------------------- downloads
# Days after which an unused download is deleted; it can be made again.
EXPORT_DAYS = env.number("EXPORT_DAYS", 30, minimum=1)
TRASH_DAYS = env.number("TRASH_DAYS", 30, minimum=1)

# ---------------------------------------------------------------- content credentials
# The team's own certificate and key (PEM) instead of those that are made at the first start.
C2PA_CERTIFICATE_FILE = env.text("C2PA_CERTIFICATE_FILE")
C2PA_PRIVATE_KEY_FILE = env.text("C2PA_PRIVATE_KEY_FILE")

# ---------------------------------------------------------------- the applications
INSTALLED_APPS = [
    "dashboard",
    "avatars",
    "videos",
    "engine",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django_q",
    "heroicons",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "dashboard.logs.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "dashboard.middleware.PermissionsPolicyMiddleware",
    "dashboard.middleware.RoomMiddleware",  # before a body is read
    "dashboard.middleware.UsableTextMiddleware",  # before anything reads a cookie or a form
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dashboard.accounts.middleware.KnownDeviceMiddleware",
    "dashboard.accounts.middleware.SessionActivityMiddleware",
    "dashboard.middleware.SetupMiddleware",
    "dashboard.middleware.LoginRequiredMiddleware",
    "dashboard.accounts.middleware.TwoStepMiddleware",
    "dashboard.middleware.PermissionMiddleware",
]
ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["dashboard.templatetags.icons", "dashboard.templatetags.dashboard"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "dashboard.context_processors.site",
            ],
        },
    }
]

# ---------------------------------------------------------------- metrics
# Who asks for /metrics has to send this; without it there are none.
METRICS_TOKEN = env.secret("METRICS_TOKEN")
if METRICS_TOKEN:
    METRICS_DIR = DATA_DIR / "run" / "metrics"
    METRICS_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    # prometheus-client reads it when it is imported: one file for each web process.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS_DIR)
    MIDDLEWARE.insert(0, "dashboard.metrics.requests_seen.MetricsMiddleware")

# ---------------------------------------------------------------- the database, the cache, the queue
DATABASE_URL = services.database_url()
DATABASES = {"default": services.database(DATA_DIR)}
REDIS_URL = services.redis_url()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": services.cache(REDIS_URL),
    # The heartbeats of the clusters, several a second: kept out of the database.
    "queue": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "queue"},
    # In the memory of each process: parts of pages that seldom differ ({% cache … using="memory" %}). Everything they
    # show is in their keys, so nothing needs to be invalidated.
    "memory": {
        "BACKEND": f"django.core.cache.backends.{'dummy.DummyCache' if DEBUG else 'locmem.LocMemCache'}",
        "LOCATION": "memory",
        "OPTIONS": {"MAX_ENTRIES": 2000},
    },
}
# A message only names a row; work, leases and attempts are in the row (dashboard/jobs/leased_job.py).
# `retry` must be longer than all that may wait in the memory of a cluster: timeout x (1 + ceil((queue_limit + 1) / workers)),
# see checks.py. `guard_cycle` stays at its default: the countdown of the sentinel must reach 0 exactly.
WORKERS = env.number("WORKERS", 2, minimum=1)
# Generate calls, which wait for the provider, possibly for minutes.
GENERATE_WORKERS = env.number("GENERATE_WORKERS", 4, minimum=2, maximum=8)
# Downloads of finished avatars and videos, which may be slow.
DOWNLOAD_WORKERS = env.number("DOWNLOAD_WORKERS", 3, minimum=2, maximum=8)
_queue = {"queue_limit": 1, "bulk": 1, "ack_failures": True, "max_attempts": 1}
Q_CLUSTER = {
    **_queue,
    "name": "dashboard",
    **services.broker(REDIS_URL),
    "cache": "queue",
    "workers": WORKERS,
    "poll": 0.2,  # a person is waiting; five polls a second take half a percent of one core
    "timeout": 600,
    "retry": 2000,
    "save_limit": 100,
    "recycle": 200,
    "catch_up": False,
    "ALT_CLUSTERS": {
        # A render may take minutes, a rig takes seconds: two clusters, so that portraits do not wait for videos.
        "engine": {
            **_queue,
            "workers": env.number("RENDERERS", 1, minimum=1),
            "timeout": 5400,
            "retry": 17000,
        },
        "rig": {**_queue, "workers": 1, "timeout": 120, "retry": 400},
        # Generate calls only wait: with their own workers a slow provider does not block other tasks.
        "generate": {**_queue, "workers": GENERATE_WORKERS, "timeout": 240, "retry": 900},
        # Copying results waits for the provider's storage: the same reason.
        "download": {**_queue, "workers": DOWNLOAD_WORKERS, "timeout": 3600, "retry": 8000},
        # Looks and large downloads take minutes: with their own worker they do not block other tasks.
        "studio": {**_queue, "workers": 1, "timeout": 10_800, "retry": 33_000, "poll": 0.5},
    },
}
# The functions that the poller calls; each returns the seconds until its next call. The first ones are for its machine
# alone: every machine calls them, also while the poller of another one works.
LOCAL_POLLER_STEPS = [
    "dashboard.files.temporary_folders.sweep",
    "dashboard.processes.watchdog.step",
    "dashboard.processes.dead_leases.step",
    *(["engine.poller.clean_machine"] if EMBEDDED else []),
]
POLLER_STEPS = [
    "dashboard.provider.poller.step",
    "dashboard.files.deletion.step",
    "dashboard.files.missing_files.sweep",
    "avatars.poller.step",
    "videos.poller.step",
    "videos.masks.step",
    "videos.batches.poller.step",
    "videos.missing_files.sweep_exports",
    "videos.voices.speech.poller.step",
    "videos.exports.poller.step",
    "videos.exports.poller.cleanup",
    "dashboard.audit.retention.step",
    "dashboard.metrics.storage_use.step",
    "dashboard.accounts.sessions.delete_expired",
    "dashboard.trash.poller.step",
    "dashboard.forgotten.engine_copies.step",
    "dashboard.mail_news.sending.step",
    "dashboard.backups.schedule.step",
    *(["engine.poller.step"] if EMBEDDED else []),
]
POLL_SECONDS = 1.0 if EMBEDDED else 5.0
SYNC_MINUTES = env.number("SYNC_MINUTES", 60)  # 0: only by the button

# ---------------------------------------------------------------- people
from dashboard.config.sign_in import *  # noqa: E402, F403 - sign-in, passwords, their limits, two-step sign-in

# Without it, all people behind a proxy would share one rate limit.
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 1 if _https else 0)
SETUP_CODE = env.secret("SETUP_CODE") or generated_secrets.get_or_create(SECRETS_DIR, "setup_code", 9)

EMAIL_HOST = env.text("EMAIL_HOST")
HAS_MAIL = bool(EMAIL_HOST)  # without it, forms that send mail are hidden
EMAIL_PORT = env.number("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", EMAIL_HOST_USER or "webmaster@localhost")
if not HAS_MAIL:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

# ---------------------------------------------------------------- security
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _https
SESSION_COOKIE_AGE = 30 * 24 * 3600
# Cookies ignore ports: otherwise two installations on one machine would sign each other out.
SESSION_COOKIE_NAME = f"session_{PORT}"
CSRF_COOKIE_NAME = f"csrf_{PORT}"
KNOWN_DEVICE_COOKIE_NAME = f"device_{PORT}"
if _https:
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # The processes of this machine use plain http.
    SECURE_REDIRECT_EXEMPT = [r"^v1/", r"^media/", r"^health/", r"^metrics$"]
# HSTS preloading affects a whole domain: its owner has to decide on it.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        # For custom properties in `style`: a progress, a dominant colour.
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:", *BUCKET_ORIGINS],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# ---------------------------------------------------------------- files
MEDIA_ROOT = DATA_DIR / "media"
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": services.media_storage(),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Behind nginx: the internal location of MEDIA_ROOT, for example /protected-media/ (see docs/hosting.md).
X_ACCEL_PREFIX = env.text("X_ACCEL_PREFIX")
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# ---------------------------------------------------------------- language, time, log
LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = env.time_zone("TZ", "UTC")
USE_TZ = True
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOG_FORMAT = env.choice("LOG_FORMAT", "PLAIN", "PLAIN", "JSON")
# FILES: in DATA_DIR/logs, one for each process. CONSOLE: as the output of `make run`, which container platforms keep.
LOG_TO = env.choice("LOG_TO", "FILES", "FILES", "CONSOLE")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "dashboard.logs.json_lines.make_formatter"},
    },
    "filters": {"ids": {"()": "dashboard.logs.context.ContextFilter"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT.lower(), "filters": ["ids"]}
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        # It would log every 4xx; the code that answers so logs the relevant ones.
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "urllib3": {"level": "WARNING"},
        "fido2": {"level": "WARNING"},
    },
}
