"""Why a comparison alerts: likely causes with their proof, and the harm that was done."""

from leadline.diagnosis.concept import Concept, concept
from leadline.diagnosis.declare import Cause, Event, Rule, Scope
from leadline.diagnosis.explain import explain
from leadline.diagnosis.harm import Harm, harm
from leadline.diagnosis.rules import RULES

__all__ = ["RULES", "Cause", "Concept", "Event", "Harm", "Rule", "Scope", "concept", "explain", "harm"]
