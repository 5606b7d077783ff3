"""Why a comparison alerts: likely causes with their proof, and the harm that was done."""

from leadline.diagnosis.concept import Concept, concept
from leadline.diagnosis.declare import Cause, Rule, Scope
from leadline.diagnosis.explain import COINCIDENCES, explain
from leadline.diagnosis.explained import Explained, explain_alerts
from leadline.diagnosis.harm import Harm, harm
from leadline.diagnosis.rules import RULES
from leadline.diagnosis.versions import Pair, explain_versions

__all__ = [
    "COINCIDENCES", "RULES", "Cause", "Concept", "Explained", "Harm", "Pair", "Rule", "Scope", "concept",
    "explain", "explain_alerts", "explain_versions", "harm",
]  # fmt: skip
