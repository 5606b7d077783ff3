"""National identity numbers that their shape and check digits give away.

One row a country: where the number comes from, its shape, and the check that a random number fails.
Numbers that are plain digits without a strong check (such as the Dutch BSN) are left out: they would hit
order numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence


def _digits(text: str) -> list[int]:
    return [int(character) for character in text if character.isdigit()]


def luhn(digits: Sequence[int]) -> bool:
    """Whether the last digit checks the others (ISO/IEC 7812-1, annex B)."""
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _weighted(digits: Sequence[int], weights: Sequence[int]) -> int:
    return sum(digit * weight for digit, weight in zip(digits, weights))


def _is_day(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= 31


def _united_states(text: str) -> bool:
    """Social security number: areas 000, 666 and 9xx, group 00 and serial 0000 are not issued."""
    area, group, serial = text.split("-")
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def _spain(text: str) -> bool:
    """DNI and NIE: the letter is the number modulo 23."""
    text = text.replace("-", "").upper()
    number = int(text[:-1].translate(str.maketrans("XYZ", "012")))
    return text[-1] == "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23]


_ODD_VALUES = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
"""Of A to Z in odd places; a digit is worth what the letter of that number is."""


def _odd(character: str) -> int:
    return _ODD_VALUES[int(character) if character.isdigit() else ord(character) - ord("A")]


def _italy(text: str) -> bool:
    """Codice fiscale: values of odd and even places, modulo 26 (decree of 12 March 1974)."""
    text = text.upper()
    even = sum(int(c) if c.isdigit() else ord(c) - ord("A") for c in text[1:15:2])
    odd = sum(map(_odd, text[0:15:2]))
    return text[15] == chr(ord("A") + (odd + even) % 26)


def _france(text: str) -> bool:
    """NIR: the last two digits are 97 less the number modulo 97; Corsica's letters count as 19 and 18."""
    text = text.replace(" ", "").upper().replace("2A", "19").replace("2B", "18")
    return 97 - int(text[:13]) % 97 == int(text[13:])


def _sweden(text: str) -> bool:
    digits = _digits(text)[-10:]
    # Coordination numbers add 60 to the day.
    return _is_day(digits[2] * 10 + digits[3], (digits[4] * 10 + digits[5]) % 60) and luhn(digits)


def _finland(text: str) -> bool:
    number = int(text[:6] + text[7:10])
    return (
        _is_day(int(text[2:4]), int(text[:2]))
        and text[10].upper() == "0123456789ABCDEFHJKLMNPRSTUVWXY"[number % 31]
    )


def _poland(text: str) -> bool:
    """PESEL: the century is hidden in the month."""
    digits = _digits(text)
    checked = _weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0
    return checked and _is_day((digits[2] * 10 + digits[3]) % 20, digits[4] * 10 + digits[5])


def _brazil(text: str) -> bool:
    """CPF: two digits modulo 11; eleven equal digits pass, but are not issued."""
    digits = _digits(text)
    checks = [_weighted(digits[:n], range(n + 1, 1, -1)) * 10 % 11 % 10 for n in (9, 10)]
    return len(set(digits)) > 1 and checks == digits[9:]


def _switzerland(text: str) -> bool:
    """AHV number: an EAN-13."""
    return _weighted(_digits(text), (1, 3) * 6 + (1,)) % 10 == 0


def _belgium(text: str) -> bool:
    """Rijksregisternummer: modulo 97, with a 2 in front for those born since 2000."""
    digits = "".join(filter(str.isdigit, text))
    body, check = digits[:9], int(digits[9:])
    return check in (97 - int(body) % 97, 97 - int("2" + body) % 97)


def _always(_: str) -> bool:
    return True


NATIONAL_IDS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "us": (r"\d{3}-\d\d-\d{4}", _united_states),
    "gb": (r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]", _always),
    "es": (r"[XYZ\d]\d{7}-?[A-HJ-NP-TV-Z]", _spain),
    "it": (r"[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]", _italy),
    "fr": (r"[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-4]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d", _france),
    "se": (r"(?:19|20)?\d{6}[-+]\d{4}", _sweden),
    "fi": (r"\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]", _finland),
    "pl": (r"\d{11}", _poland),
    "br": (r"\d{3}\.\d{3}\.\d{3}-\d\d", _brazil),
    "ch": (r"756\.\d{4}\.\d{4}\.\d\d", _switzerland),
    "be": (r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d", _belgium),
}
"""Shape and check by country (ISO 3166)."""

_SHAPES = [(re.compile(shape, re.IGNORECASE | re.ASCII), check) for shape, check in NATIONAL_IDS.values()]


def national_id_length(text: str, start: int = 0) -> int:
    """Characters of the national id that begins at `start`, 0 if none does; the caller looks at both its
    sides.
    """
    for shape, check in _SHAPES:
        match = shape.match(text, start)
        if match and not text[match.end() : match.end() + 1].isalnum() and check(match.group()):
            return len(match.group())
    return 0
