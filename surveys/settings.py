"""Every setting, read from the environment once. `surveys.checks` says what is missing and how."""

import os
import secrets
import zoneinfo
from pathlib import Path
from typing import Any

import dj_database_url

from surveys.language import languages

# The zone table of our own pinned tzdata, not whatever the server happens to have.
zoneinfo.reset_tzpath(())

HOUSE = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("AFTERGLOW_HOME", "var")).resolve()
# Records, mail with live links and secrets: ours alone, whatever the server's habit is.
os.umask(0o077)
HOME.mkdir(parents=True, exist_ok=True, mode=0o700)


def kept_secret(name: str) -> str:
    """A secret from the environment, else one made once and kept in HOME, readable by us alone."""
    if value := os.environ.get(f"AFTERGLOW_{name.upper()}"):
        return value
    path = HOME / f"{name}.txt"
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        # link, not rename: of two processes starting together the first one's secret stays
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        draft.unlink()
    return path.read_text().strip()


def flag(name: str) -> bool:
    return os.environ.get(name, "").lower() in {"1", "yes", "true", "on"}


# True once real patients are asked: the checks then refuse whatever is unsafe.
LIVE = flag("AFTERGLOW_LIVE")
# A file that says what time it is, for the demo; `surveys.wallclock` ignores it once live.
CLOCK_FILE = (
    Path(os.environ["AFTERGLOW_CLOCK_FILE"]) if "AFTERGLOW_CLOCK_FILE" in os.environ else None
)
DEBUG = False
SECRET_KEY = kept_secret("secret_key")
AUDIT_KEY = kept_secret("audit_key")

BASE_URL = os.environ.get("AFTERGLOW_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = [BASE_URL.split("//", 1)[-1].split("/")[0].split(":")[0], "127.0.0.1", "localhost"]
CSRF_TRUSTED_ORIGINS = [BASE_URL]


def pairs(text: str) -> list[tuple[str, ...]]:
    """ "label|number;label|number" as read; what is no pair stays as it is, for the checks."""
    return [tuple(word.strip() for word in pair.split("|")) for pair in text.split(";")]


# What patients and mails may say of the clinic. Neutral by rule: no speciality, no treatment.
CLINIC_NAME = os.environ.get("AFTERGLOW_CLINIC_NAME", "Alder Street Office")
CLINIC_PHONE = os.environ.get("AFTERGLOW_CLINIC_PHONE", "303 555 0142")
CLINIC_TIMEZONE = os.environ.get("AFTERGLOW_TIMEZONE", "America/Denver")
# The language of the clinic's own words below, and of pages that cannot know their reader's.
LANGUAGE = os.environ.get("AFTERGLOW_LANGUAGE", "en")
EXAMPLES = {
    tag: {name: one.say(f"example.{name}") for name in ("hours", "who_reads", "crisis_contacts")}
    for tag, one in languages().items()
}
EXAMPLE = EXAMPLES.get(LANGUAGE, EXAMPLES["en"])
CLINIC_HOURS = os.environ.get("AFTERGLOW_CLINIC_HOURS", EXAMPLE["hours"])
# The clinic's own promise about who reads answers and when; must be true of question 9 too.
WHO_READS = os.environ.get("AFTERGLOW_WHO_READS", EXAMPLE["who_reads"])
# Shown on every patient page, error pages too. "label|number" pairs, one per semicolon, the number
# for somebody in danger last.
CRISIS_PAIRS = pairs(os.environ.get("AFTERGLOW_CRISIS_CONTACTS", EXAMPLE["crisis_contacts"]))
# What cannot be read is left out here, so that every page still opens, and refused by the checks.
CRISIS_CONTACTS = [pair for pair in CRISIS_PAIRS if len(pair) == 2 and all(pair)]


def own_words(tag: str) -> dict[str, Any]:
    """The clinic's words in another language, as AFTERGLOW_WHO_READS_ES gives them. Without them
    its words in its own language stand on the page, or our examples where it has set none."""
    names = {
        "hours": "CLINIC_HOURS",
        "who_reads": "WHO_READS",
        "crisis_contacts": "CRISIS_CONTACTS",
    }
    found: dict[str, Any] = {}
    for key, name in names.items():
        example = None if f"AFTERGLOW_{name}" in os.environ else EXAMPLES[tag][key]
        if text := os.environ.get(f"AFTERGLOW_{name}_{tag.upper().replace('-', '_')}", example):
            found[key] = pairs(text) if key == "crisis_contacts" else text
    return found


OWN_WORDS = {tag: own_words(tag) for tag in EXAMPLES if tag != LANGUAGE}

# The clinic's own questionnaires, words and permissions; none where nothing is named.
INSTRUMENTS = (
    Path(os.environ["AFTERGLOW_INSTRUMENTS"]) if os.environ.get("AFTERGLOW_INSTRUMENTS") else None
)
# Ask for the six digits agreed in the clinic before a form is shown.
PIN = flag("AFTERGLOW_PIN")
# Show patients their own totals over time once they have sent their answers.
SHOW_SCORES = flag("AFTERGLOW_SHOW_SCORES")
# Which published rule for reliable change the clinic goes by, as "phq9=7 pcl5=15".
RELIABLE_CHANGE = os.environ.get("AFTERGLOW_RELIABLE_CHANGE", "")

MAIL = os.environ.get("AFTERGLOW_MAIL", "file")
MAIL_FROM = os.environ.get("AFTERGLOW_MAIL_FROM", "checkin@alderstreet.example")
MAIL_FOLDER = HOME / "mail"
SMTP_HOST = os.environ.get("AFTERGLOW_SMTP_HOST", "127.0.0.1")
SMTP_PORT = int(os.environ.get("AFTERGLOW_SMTP_PORT", "587"))
SMTP_USER = os.environ.get("AFTERGLOW_SMTP_USER", "")
SMTP_PASSWORD = os.environ.get("AFTERGLOW_SMTP_PASSWORD", "")
SMTP_STARTTLS = os.environ.get("AFTERGLOW_SMTP_STARTTLS", "yes") == "yes"
# Where undeliverable mail comes back to, and the Maildir folder or IMAP mailbox it arrives in.
BOUNCES_TO = os.environ.get("AFTERGLOW_BOUNCES_TO", "")
BOUNCE_FOLDER = os.environ.get("AFTERGLOW_BOUNCE_FOLDER", "")
BOUNCE_IMAP_HOST = os.environ.get("AFTERGLOW_BOUNCE_IMAP_HOST", "")
BOUNCE_IMAP_PORT = int(os.environ.get("AFTERGLOW_BOUNCE_IMAP_PORT", "993"))
BOUNCE_IMAP_USER = os.environ.get("AFTERGLOW_BOUNCE_IMAP_USER", "")
BOUNCE_IMAP_PASSWORD = os.environ.get("AFTERGLOW_BOUNCE_IMAP_PASSWORD", "")
SENDGRID_KEY = os.environ.get("AFTERGLOW_SENDGRID_KEY", "")
SENDGRID_HOST = os.environ.get("AFTERGLOW_SENDGRID_HOST", "https://api.sendgrid.com")
# Whoever runs the machine: told by mail, once a day, of what only they can mend.
OPERATOR_EMAIL = os.environ.get("AFTERGLOW_OPERATOR_EMAIL", "")
# Ask SendGrid itself about mails in doubt; needs its paid Email Activity, hence off.
SENDGRID_ACTIVITY = flag("AFTERGLOW_SENDGRID_ACTIVITY")
# So many patients are mailed a minute at most, on average: a backlog is no flood.
MAIL_PER_MINUTE = int(os.environ.get("AFTERGLOW_MAIL_PER_MINUTE", "60"))
# After so many hours in doubt a person decides: send again, or leave it.
DOUBT_HOURS = int(os.environ.get("AFTERGLOW_DOUBT_HOURS", "24"))
# The public key SendGrid shows beside its signed event webhook; without it nothing is heard.
SENDGRID_WEBHOOK_KEY = os.environ.get("AFTERGLOW_SENDGRID_WEBHOOK_KEY", "")
MAIL_TIMEOUT_SECONDS = 20
# How often somebody posted within a minute; see surveys/counts.py.
COUNTS_FILE = HOME / "counts.sqlite3"
REPORTS_FOLDER = HOME / "reports"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "surveys",
    "reports",
]
MIDDLEWARE = [
    "surveys.patient.head.HeadHasNoBody",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "surveys.patient.headers.PrivatePages",
    "surveys.patient.wrong_method.NoPageIsEmpty",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "reports.clinic.idle.SignedOutWhenIdle",
    "reports.clinic.roles.EveryRouteDeclaresItsRoles",
    "reports.clinic.protocol_gone.SaysWhichProtocolIsGone",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "reports.clinic.urls"
WSGI_APPLICATION = "reports.clinic.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [
            HOUSE / "surveys/patient/templates",
            HOUSE / "reports/clinic/templates",
            HOUSE / "reports/templates",
        ],
        "OPTIONS": {
            "environment": "reports.clinic.templating.environment",
            "context_processors": ["django.contrib.messages.context_processors.messages"],
        },
    }
]
STATIC_URL = "/static/"
STATICFILES_DIRS = [
    HOUSE / "surveys/patient/static",
    HOUSE / "reports/clinic/static",
    HOUSE / "reports/static",
]
WHITENOISE_USE_FINDERS = True

DATABASES = {"default": dj_database_url.config(default=f"sqlite:///{HOME / 'afterglow.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # writers queue at BEGIN instead of failing half-way
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        # DELETE, not WAL: SQLite before 3.51.3 can corrupt a WAL file shared by two processes
        "init_command": "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL;",
    }
else:
    # each of the web's processes keeps its one connection from page to page, and asks first whether
    # it still answers: a server that was restarted in between is met with a new one
    DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}

AUTH_USER_MODEL = "surveys.Staff"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
# Slowed per account *and* address: somebody guessing from elsewhere cannot lock out the on-call.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "username"  # the sign-in form's field, whatever the model calls it
AXES_LOCKOUT_TEMPLATE = "sign_in_slowed.html"
AXES_CLIENT_IP_CALLABLE = "surveys.pace.address_of"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS = ["axes.W003"]

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LIVE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if LIVE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = LIVE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if LIVE else None
SECURE_REFERRER_POLICY = "no-referrer"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "style-src": ["'self'"],
        "script-src": ["'self'"],
        "img-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}
CSRF_FAILURE_VIEW = "surveys.patient.views.csrf_failure"

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
LANGUAGE_CODE = "en"

# Standard output only, and nothing but opaque ids: no addresses, no names, no link tokens.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # they would print request paths, and a path may hold a link's secret
    "loggers": {
        "django.request": {"level": "CRITICAL"},
        "django.security.csrf": {"level": "CRITICAL"},
        "axes": {"level": "CRITICAL"},
        "httpx": {"level": "WARNING"},
    },
}
