"""What is to be done, by the likeliest cause."""

from __future__ import annotations

from collections.abc import Sequence

STEPS: dict[str, tuple[str, ...]] = {
    "column_missing": (
        "Ask the owner of the source when the column was last sent, and what was released then.",
        "Until it is back, serve the last known value or a model that does without it.",
    ),
    "type_change": (
        "Compare a row of today with one of the reference: which step of the pipeline writes the type?",
        "Cast it where it is written, and send the rows since then again.",
    ),
    "missing_values": (
        "Find the join or the request that fails for the rows without a value.",
        "Check what the model is given in place of it.",
        "Mend the source, then send the rows since then again.",
    ),
    "columns_swapped": (
        "Look for a change of the order or of the names of columns in the last release.",
        "Exchange them back, and send the rows since then again.",
    ),
    "stuck_value": (
        "Look whether the source still updates: a cache, a sensor or a nightly job may have stopped.",
        "Start it again, and check which predictions used the old value.",
    ),
    "sign_flip": (
        "Look for a change of a formula or of a convention (debit and credit, west and east).",
        "Undo it where the feature is made.",
    ),
    "category_renamed": (
        "Ask the source for the new spelling, and map it to the one that the model knows.",
        "Add the mapping to the tests of the pipeline.",
    ),
    "new_category": (
        "Ask what the new value means, and how the model treats values it has never seen.",
        "If it is here to stay, train with it.",
    ),
    "default_value": (
        "Find what fills in the default, and why the value is not known there.",
        "Send a missing value instead, if the model was trained with missing values.",
    ),
    "truncation": (
        "Look for a new bound: a cap, a filter, a smaller type of the column.",
        "Lift it, or train with it.",
    ),
    "precision_loss": (
        "Look for rounding, for a smaller type of the column, or for another format on the way.",
        "Send the exact value again.",
    ),
    "unit_change": (
        "Compare one value with its source: which step converts the unit?",
        "Convert it back where the feature is made, and put the unit into the column's name.",
        "Send the rows since then again.",
    ),
    "offset": (
        "Look for another zero: a time zone, a baseline, a recalibrated sensor.",
        "Take the offset away where the feature is made.",
    ),
    "outliers": (
        "Look at a few of the extreme rows: are they real?",
        "If not, reject them at the source; if so, check what the model says of them.",
    ),
    "one_segment": (
        "Look at the segment alone: what was released, or who came, there and not elsewhere?",
        "Until it is clear, route the segment to a rule or to the former version.",
    ),
    "segment_mix": (
        "Ask who sends more or fewer requests: a campaign, an outage, a new customer.",
        "Look at the performance within segments: if it holds, nothing is broken.",
    ),
    "label_shift": (
        "Check the rate of the labels against another source.",
        "If it is real, adjust the threshold or the priors, and train again with later labels.",
    ),
    "concept_change": (
        "Ask what changed in the world or in how labels are made.",
        "Train with rows since then, compare on rows since then, and release what wins.",
    ),
    "version_change": (
        "Compare the two versions on the same rows.",
        "If the new one is worse, go back to the former version.",
    ),
    "category_mix": (
        "Ask who sends more or fewer requests of these kinds.",
        "Look at the harm: a new mix need not hurt.",
    ),
    "covariate_shift": (
        "Look at the harm first: a new population need not hurt.",
        "If it does, train again with rows of the new population.",
    ),
    "broad_shift": (
        "Look for one thing upstream of all these features: a source, a join, a filter, a release.",
        "If nothing is broken, another population has come: look at the harm, and train again.",
    ),
    "few_features": ("Look at the features that are named, one by one, with the owner of each.",),
    "model_change": (
        "Look which model is served: the inputs are as before, the predictions are not.",
        "If it was not meant, go back to the former version.",
    ),
    "no_data": (
        "Send one request by hand: does the service answer, and does its log name an error of the client?",
        "Look whether traffic was routed elsewhere, or whether the token of the client has ended.",
    ),
    "labels_late": (
        "Look at the job that brings labels: when did it end well last?",
        "Until it is back, performance rests on estimates: read it with its caution.",
    ),
    "dropped": (
        "Read the reason: a bound that was reached (queue, outbox, spool), or an answer of the server.",
        "Look whether the server answered at that time, and whether its disk and its queue had room.",
        "Give the client more room (queue_bytes, spool_bytes), or send again what another log still has.",
    ),
    "clock": (
        "Set the clock of the machine by the network (chrony, systemd-timesyncd), and see that it stays so.",
        "Send what matters again with the right times: rows are not moved.",
    ),
    "latency": (
        "Look at the step that is named: its service, its cache, its database.",
        "Look whether the load or the size of requests grew at that time.",
        "If a release is the cause, go back to the former version.",
    ),
    "errors": (
        "Look at the kind of error that grew, and at one request that failed.",
        "If a release is the cause, go back to the former version.",
    ),
    "availability": (
        "Look which process stopped sending heartbeats: was it ended, or is it stuck?",
        "Start it again, and look at its memory at the end.",
    ),
    "resources": (
        "Look whether the load grew, or whether one request costs more than before.",
        "Give the process more room, or start another one.",
    ),
}
"""First steps by the key of a cause: those of `leadline.diagnosis.rules`, and what operations tell of."""

ANYWAY = (
    "Look whether something was released, configured or changed upstream at that time.",
    "Look at the harm: estimated performance says whether it can wait.",
    "If it hurts and the cause is not clear, go back to the last version or baseline that was quiet.",
)
"""First steps where no cause is known."""


def steps(causes: Sequence[str], own: Sequence[str]) -> list[str]:
    """What is to be done.

    Args:
        causes: keys, the likeliest first; the first that has steps counts.
        own: what the model's owners and monitors say; that comes first.
    """
    known = next((STEPS[key] for key in causes if key in STEPS), ANYWAY)
    return [text for text in own if text] + [*known]
