"""What was last said of each model, in one transaction with what that makes of its alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from leadline.stores.metadata.database import Database, Transaction, kept_words

TABLES = """
    CREATE TABLE judgements (
        model TEXT PRIMARY KEY, revision BIGINT, judged_at BIGINT, digest TEXT,
        verdict TEXT, headline TEXT, summary BLOB, report BLOB);
    CREATE TABLE judged_features (
        model TEXT, feature TEXT, content BLOB, PRIMARY KEY (model, feature));
    CREATE TABLE judged_numbers (model TEXT PRIMARY KEY, content BLOB)
"""


class Judgement(msgspec.Struct, frozen=True):
    """What was last said of a model.

    Attributes:
        model: whose.
        revision: judgements so far.
        judged_at: when, microseconds since 1970.
        digest: of the baseline and of the buckets that were judged.
        verdict, headline: of the report.
        summary: what a list of models shows of it, as JSON.
        report: the record as JSON; None where it was not asked for.
    """

    model: str
    revision: int
    judged_at: int
    digest: str
    verdict: str
    headline: str
    summary: bytes
    report: bytes | None


class Judgements:
    """The last judgement of each model."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, model: str) -> Judgement | None:
        """What was last said of a model."""
        found = self._database.all("SELECT * FROM judgements WHERE model = ?", [model])
        return Judgement(*found[0]) if found else None

    def last(self, model: str) -> tuple[int, str]:
        """Revision and digest of what was last said of a model; 0 and "" before anything was."""
        found = self._database.all("SELECT revision, digest FROM judgements WHERE model = ?", [model])
        return found[0] if found else (0, "")

    def all(self) -> dict[str, Judgement]:
        """What was last said of each model, without the report."""
        found = self._database.all(
            "SELECT model, revision, judged_at, digest, verdict, headline, summary, NULL FROM judgements"
        )
        return {row[0]: Judgement(*row) for row in found}

    def feature(self, model: str, feature: str) -> bytes | None:
        """What the last judgement shows of a feature over time, as JSON."""
        found = self._database.all(
            "SELECT content FROM judged_features WHERE model = ? AND feature = ?", [model, feature]
        )
        return bytes(found[0][0]) if found else None

    def features(self) -> list[tuple[str, str]]:
        """Models with the features that their last judgements show."""
        return self._database.all("SELECT model, feature FROM judged_features ORDER BY model, feature")

    def numbers(self) -> dict[str, bytes]:
        """What Prometheus reads of each model's last judgement, as JSON."""
        return dict(self._database.all("SELECT model, content FROM judged_numbers ORDER BY model"))

    def keep(
        self,
        judgement: Judgement,
        follows: Callable[[Transaction], None],
        features: Mapping[str, bytes] | None = None,
        numbers: bytes = b"[]",
    ) -> None:
        """Keep a judgement, and what follows from it, in one transaction.

        Args:
            judgement: the latest of its model.
            follows: keeps what becomes of the model's alerts, and what is to be told of them.
            features: what is shown of each over time, as JSON; None: what was shown before.
            numbers: what Prometheus reads of it, as JSON.
        """
        with self._database.transaction() as own:
            own.do("DELETE FROM judgements WHERE model = ?", [judgement.model])
            words = msgspec.structs.replace(judgement, headline=kept_words(judgement.headline))
            own.do("INSERT INTO judgements VALUES (?, ?, ?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(words))
            if features is not None:
                own.do("DELETE FROM judged_features WHERE model = ?", [judgement.model])
            for name, content in (features or {}).items():
                own.do("INSERT INTO judged_features VALUES (?, ?, ?)", [judgement.model, name, content])
            own.do("DELETE FROM judged_numbers WHERE model = ?", [judgement.model])
            own.do("INSERT INTO judged_numbers VALUES (?, ?)", [judgement.model, numbers])
            follows(own)
