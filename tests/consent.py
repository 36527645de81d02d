"""What a form sends along with a portrait or a voice: the box is ticked."""

from dashboard.consent.consented_model import Consent
from dashboard.consent.wordings import CURRENT, SAMPLE, Kind

PORTRAIT = {"consent": CURRENT[Kind.PORTRAIT]}
VOICE = {"consent": CURRENT[Kind.VOICE]}
OURS = Consent(SAMPLE)  # for rows that a test makes without a form
