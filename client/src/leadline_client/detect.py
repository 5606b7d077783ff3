"""Finds personal data of fixed shape in texts: e-mail, IBAN, card, IP, national ids, phone.

Shapes alone hit too much, so every kind has a check: a checksum, a table of what is issued, or a word
nearby. Names and addresses of people have no shape and are not found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import NamedTuple

from leadline_client.national_ids import luhn, national_id_length

WINDOW = 1_024
"""Characters searched at a time, so that a long text does not hold the interpreter."""
LONGEST = 128
"""Nothing that is looked for is longer; windows overlap by that much."""


class Found(NamedTuple):
    """A piece of a text, `text[start:stop]`, and its kind."""

    start: int
    stop: int
    kind: str


def find(text: str, kinds: frozenset[str], pause: Callable[[], None] = lambda: None) -> list[Found]:
    """Personal data in a text, in order and without overlaps.

    Args:
        text: What to search.
        kinds: Some of `KINDS`.
        pause: Called between small pieces of work.
    """
    taken: list[Found] = []
    for start in range(0, len(text), WINDOW):
        stop = min(len(text), start + WINDOW + LONGEST)
        if _WORTH_A_LOOK.search(text, start, stop) is None:
            continue
        for kind, search in _SEARCHES.items():
            if kind in kinds:
                for first, last in search(text, start, stop):
                    if first >= start + WINDOW or any(f.start < last and first < f.stop for f in taken):
                        continue
                    if kind not in _NEVER_THINGS and _is_of_a_thing(text, first):
                        continue
                    taken.append(Found(first, last, kind))
                pause()
    return sorted(taken)


def redacted(text: str, kinds: frozenset[str], pause: Callable[[], None] = lambda: None) -> str:
    """The text with `[email]` and the like in place of what was found."""
    parts, kept = [], 0
    for start, stop, kind in find(text, kinds, pause):
        parts += [text[kept:start], f"[{kind}]"]
        kept = stop
    return "".join(parts) + text[kept:] if parts else text


Spans = Iterator[tuple[int, int]]

_NEVER_THINGS = frozenset({"email", "iban"})
"""Kinds whose shape no number of a thing has."""
_THING = re.compile(
    r"\b(?:order|invoice|ticket|tracking|part|sku|serial|ean|gtin|isbn|imei|version|build|release|firmware)"
    r"(?: ?(?:no\.?|nr\.?|number|id|code))?[ :=#]{0,3}$",
    re.IGNORECASE,
)


def _is_of_a_thing(text: str, first: int) -> bool:
    """Whether the word before says that a number is an order's, a version's or the like."""
    return text[first] != "+" and _THING.search(text[max(0, first - 24) : first]) is not None


_WORTH_A_LOOK = re.compile(r"[@\d]|:[0-9A-Fa-f]*:")

_LOCAL = re.compile(r"[\w%+][\w.%+'-]{0,63}$")
_DOMAIN = re.compile(r"(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}")


def _emails(text: str, start: int, stop: int) -> Spans:
    at = text.find("@", start, stop)
    while at >= 0:
        local, domain = _LOCAL.search(text[max(0, at - 64) : at]), _DOMAIN.match(text, at + 1)
        if local and domain:
            yield at - len(local.group()), domain.end()
        at = text.find("@", at + 1, stop)


IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FO GL NL", 19: "MK SI", 20: "AT BA EE KZ LT LU XK",
        21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE IL TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT", 26: "IS TR", 27: "FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HU LB PL SV",
        29: "BR EG PS QA UA", 30: "JO KW MU", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip
"""Characters of an IBAN by country (SWIFT IBAN registry)."""
_IBAN = re.compile(r"(?<![A-Za-z0-9-])[A-Za-z]{2}\d\d(?:[ \u00a0-]?[A-Za-z0-9]){11,30}")


def _ibans(text: str, start: int, stop: int) -> Spans:
    for match in _IBAN.finditer(text, start, stop):
        length = IBAN_LENGTHS.get(match.group()[:2].upper(), 0)
        # The shape may run on into the next words: the country says where the number ends.
        places = [place for place, character in enumerate(match.group()) if character.isalnum()]
        if not 0 < length <= len(places):
            continue
        end = places[length - 1] + 1
        after = text[match.start() + end : match.start() + end + 1]
        if not after.isalnum() and is_iban(match.group()[:end]):
            yield match.start(), match.start() + end


def is_iban(text: str) -> bool:
    """Whether the check digits fit (ISO 7064, modulo 97 is 1)."""
    kept = "".join(filter(str.isalnum, text)).upper()
    return int("".join(str(int(character, 36)) for character in kept[4:] + kept[:4])) % 97 == 1


# Patterns begin with a set of characters, which the engine skips to; what stands before is looked at after.
_CARD = re.compile(r"\d(?:[ \u00a0-]?\d){11,18}(?!\w|-\w)")
_PRINTED = re.compile(r"\d{12,19}|\d{4}([ \u00a0-])(?:\d{4}\1\d{4}(?:\1\d{1,5}){0,2}|\d{6}\1\d{4,5})")
"""In one piece, or in the groups that stand on cards: lists of numbers have others."""
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12})"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|09|[689]\d)\d{11}"  # Diners Club
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12}|62\d{14,17}"  # Discover, UnionPay
    r"|35\d{14}|(?:1800|2131)\d{11}"  # JCB; of 35 it uses 3528 to 3589, and test data all
    r"|(?:50\d\d|5[6-9]\d\d|6\d{3}|0604)\d{8,15}"  # Maestro
)


def _cards(text: str, start: int, stop: int) -> Spans:
    for match in _CARD.finditer(text, start, stop):
        if not _joins(text, match.start()) and is_card(match.group()):
            yield match.span()


def is_card(text: str) -> bool:
    """Whether an issuer gives out numbers of that beginning and length, and the check digit fits."""
    if _PRINTED.fullmatch(text) is None:
        return False
    number = "".join(filter(str.isdigit, text))
    return _ISSUERS.fullmatch(number) is not None and luhn([int(digit) for digit in number])


_IP4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)")
_IP6 = re.compile(r"(?<![\w.:-])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")


def _addresses(text: str, start: int, stop: int) -> Spans:
    for match in _IP4.finditer(text, start, stop):
        joins = _joins(text, match.start()) and text[max(0, match.start() - 2) : match.start()] != "//"
        if not joins and _is_address(match.group()):
            yield match.span()
    if text.count(":", start, stop) < 2:
        return
    for match in _IP6.finditer(text, start, stop):
        found = match.group()
        # `a::b` is a name in a program sooner than an address.
        if (found.count(":") > 2 or any(map(str.isdigit, found))) and _is_address(found):
            yield match.span()


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


_RUN = re.compile(r"\d+")
_LETTERS = re.compile(r"(?<![^\W\d_])[A-Za-z]{1,6} ?$")


def _national_ids(text: str, start: int, stop: int) -> Spans:
    for run in _RUN.finditer(text, start, stop):
        letters = _LETTERS.search(text[max(0, run.start() - 7) : run.start()])
        for begin in {run.start(), run.start() - len(letters.group()) if letters else run.start()}:
            length = national_id_length(text, begin)
            if length and not _joins(text, begin) and not _goes_on(text, begin + length):
                yield begin, begin + length


def _joins(text: str, place: int) -> bool:
    """Whether the character before `place` makes one word of it and what follows."""
    before = text[place - 1 : place] if place else ""
    return before != "" and (before.isalnum() or before in "-+_/.")


def _goes_on(text: str, place: int) -> bool:
    """Whether the character at `place` goes on with the word before it; a full stop or a hyphen may end
    it.
    """
    return text[place : place + 1].isalnum() or (
        text[place : place + 1] in ("-", ".") and text[place + 1 : place + 2].isdigit()
    )


_PHONE = re.compile(
    r"[+(\d][+(]?(?:[ .\-/]?[()]?[ ]?\d){6,18}(?:\s?(?:x|ext\.?\s?)\d{1,5})?(?![\w@%]|[.,:]\d)", re.IGNORECASE
)
_DATE = re.compile(
    r"(?:19|20)\d\d[-./ ]?(?:0\d|1[0-2])[-./ ]?[0-3]\d(?!\d)|[0-3]?\d[-./][01]?\d[-./](?:19|20)\d\d"
)
_NORTH_AMERICAN = re.compile(
    r"(?:(?:\+|00)?1[-. ])?(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-.]\d{4}(?:\s?x\d+)?", re.IGNORECASE
)
_TRUNK = re.compile(r"\(?0\d{1,4}\)?(?:[-. ]\d{2,4}){2,4}|\(?0\d{1,4}\)?[ -]\d{6,8}")
_WRITTEN = re.compile(
    r"0\d{2,4}/ ?\d{5,8}"  # Germany, Austria: 030/901820
    r"|06[- ]\d{8}"  # the Netherlands, mobile
    r"|(?:8 ?)?\(\d{2,4}\) ?\d{3,5}[-. ]\d{2,4}(?:[-. ]\d{2,4})?"  # (11) 91234-5678, 8 (495) 123-45-67
)
"""Ways of writing that hardly anything but a phone number has."""
_BEFORE = re.compile(
    r"(?:\b(?:tele)?(?:phone|fon|fax)|\bt[eé]l\b|\btel(?:[eé]fono?)?\b|\b(?:mobile?|m[oó]vil|cell(?:phone|ulare)?|handy|desk"
    r"|call(?:s|ed|ing)?|dial|ring|reach|sms|texts?|messages?|whatsapp|answer(?:s|ed|ing)?|contact|hotline)\b)"
    r"[^\d\n]{0,30}\n?$",
    re.IGNORECASE,
)  # fmt: skip
_AFTER = re.compile(r"[\s,-]{0,3}\(?(?:office|fax|mobile|cell|phone|home|work|desk)\b", re.IGNORECASE)


def _phones(text: str, start: int, stop: int) -> Spans:
    for match in _PHONE.finditer(text, start, stop):
        found, first = match.group(), match.start()
        while found.startswith("(") and found.count("(") > found.count(")"):
            found, first = found[1:], first + 1
        before = text[first - 1 : first] if first else ""
        if before.isalnum() or (before and before in "_@/+.:=-") or _DATE.match(found):
            continue
        if _is_phone(found) or _is_called_phone(text, first, match.end()):
            yield first, match.end()


def _is_phone(found: str) -> bool:
    """Whether the shape alone says so: international, North American, as some countries write it, or a trunk
    zero and groups.
    """
    number = re.split("x|ext", found, maxsplit=1)[0]
    digits = sum(map(str.isdigit, number))
    if number[0] == "+":
        return 8 <= digits <= 15
    if number[:2] == "00":
        # No country's code begins with zero.
        return 11 <= digits <= 17 and number[2:].lstrip(" -.(")[:1] != "0"
    if _NORTH_AMERICAN.fullmatch(found) is not None:
        return True
    return (9 <= digits <= 11 and _WRITTEN.fullmatch(number) is not None) or (
        9 <= digits <= 11 and _TRUNK.fullmatch(number) is not None and _groups(number) + digits >= 13
    )


def _groups(number: str) -> int:
    return len(re.findall(r"\d+", number))


def _is_called_phone(text: str, start: int, stop: int) -> bool:
    """Whether a word on either side says so."""
    before = text[max(0, start - 48) : start]
    return _BEFORE.search(before) is not None or _AFTER.match(text, stop) is not None


_SEARCHES: dict[str, Callable[[str, int, int], Spans]] = {
    "email": _emails,
    "iban": _ibans,
    "card": _cards,
    "ip": _addresses,
    "national_id": _national_ids,
    "phone": _phones,
}
"""The surest kinds first: what one has found, a later one does not."""

KINDS = frozenset(_SEARCHES)
