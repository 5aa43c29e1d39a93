"""How go-yaml (the v2 that sigs.k8s.io/yaml uses) understands one scalar, and what JSON then makes of it."""

from __future__ import annotations

import math
import re
import struct

Scalar = str | int | float | bool | None

_TAG = "tag:yaml.org,2002:"
STR, BOOL, INT, FLOAT, NULL = _TAG + "str", _TAG + "bool", _TAG + "int", _TAG + "float", _TAG + "null"
TIMESTAMP, BINARY, MERGE = _TAG + "timestamp", _TAG + "binary", _TAG + "merge"
_RESOLVABLE = frozenset((STR, BOOL, INT, FLOAT, NULL, TIMESTAMP))


def _words() -> dict[str, tuple[str, Scalar]]:
    table: dict[str, tuple[str, Scalar]] = {"": (NULL, None), "~": (NULL, None), "<<": (MERGE, "<<")}
    for word, tag, value in (
        *((word, BOOL, True) for word in ("yes", "true", "on")),
        *((word, BOOL, False) for word in ("no", "false", "off")),
        ("null", NULL, None),
        (".inf", FLOAT, math.inf),
        ("+.inf", FLOAT, math.inf),
        ("-.inf", FLOAT, -math.inf),
    ):
        for form in (word, word.title(), word.upper()):
            table[form] = (tag, value)
    for form in (".nan", ".NaN", ".NAN"):
        table[form] = (FLOAT, math.nan)
    table.update({"y": (BOOL, True), "Y": (BOOL, True), "n": (BOOL, False), "N": (BOOL, False)})
    return table


WORDS = _words()
"""The words that are no strings, each with its tag and value. ``<<`` and the empty scalar stand among them."""

NUMBER_START = frozenset("0123456789+-.")
"""A plain scalar that starts otherwise is a word of the table or a string."""

_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_DOTTED = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?", re.ASCII)
_INT = re.compile(r"([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)", re.ASCII)
_BARE_BINARY = re.compile(r"(-?)0b([-+]?[01]+)", re.ASCII)
_DATE = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[Tt ]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(Z|[-+][0-9]{2}:[0-9]{2})?)?",
    re.ASCII,
)


class ScalarError(ValueError):
    """A scalar that go-yaml, or JSON after it, refuses."""


def resolve(tag: str | None, text: str) -> tuple[str, Scalar]:
    """Read one scalar as go-yaml does.

    :param tag: its long tag (``tag:yaml.org,2002:int``); None for a plain scalar without one. A quoted scalar without
        a tag is a string: do not ask.
    :param text: its text, without quotes and escapes.
    :returns: the tag it resolves to, and the value; infinite and not-a-number floats included.
    :raises ScalarError: the text is not what the tag says.
    """
    if tag is not None and tag not in _RESOLVABLE:
        return (tag, _binary(text)) if tag == BINARY else (tag, text)
    if tag == STR:
        return STR, text
    found, value = WORDS.get(text) or _number(tag, text)
    if tag is None or tag == found:
        return found, value
    if tag == FLOAT and found == INT and isinstance(value, int) and value < 2**63:
        return FLOAT, float(value)
    raise ScalarError(f"found {_name(found)} {text!r}, expected {_name(tag)} as its tag says")


def _number(tag: str | None, text: str) -> tuple[str, Scalar]:
    start = text[0]
    if start not in NUMBER_START:
        return STR, text
    if start == ".":
        return _dotted(text)
    if (tag is None or tag == TIMESTAMP) and _is_timestamp(text):
        return TIMESTAMP, text
    plain = text.replace("_", "")
    whole = _INT.fullmatch(plain)
    if whole is not None:
        value = _integer(whole)
        if value is not None:
            return INT, value
    if _FLOAT.fullmatch(plain):
        number = float(plain)
        if not math.isinf(number):
            return FLOAT, number
    bare = _BARE_BINARY.fullmatch(plain)
    if bare is not None:
        number = int(bare[1] + bare[2], 2) if not (bare[1] and bare[2][0] in "+-") else 2**64
        if -(2**63) <= number < 2**63 or (not bare[1] and bare[2][0] not in "+-" and number < 2**64):
            return INT, number
    return STR, text


def _dotted(text: str) -> tuple[str, Scalar]:
    # go-yaml hands these to strconv.ParseFloat as they are: Go takes an underscore between two digits, as Python does.
    if _DOTTED.fullmatch(text):
        number = float(text)
        if not math.isinf(number):
            return FLOAT, number
    return STR, text


def _integer(whole: re.Match[str]) -> int | None:
    sign, digits = whole.groups()
    base = 10
    if len(digits) > 1 and digits[0] == "0":
        base = {"x": 16, "b": 2, "o": 8}.get(digits[1].lower(), 8)
        digits = digits[2:] if digits[1] in "xXbBoO" else digits[1:]
    if len(digits) > 64:
        # Longer than any 64-bit number in base 2, unless it starts with zeros.
        digits = digits.lstrip("0") or "0"
        if len(digits) > 64:
            return None
    value = int(digits, base)
    if sign == "-":
        return -value if value <= 2**63 else None
    return value if value < (2**63 if sign else 2**64) else None


def _is_timestamp(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    year, month, day, hour, minute, second, zone = match.groups()
    if hour is not None and (zone is None) != (text[match.end(3)] == " "):
        return False
    from datetime import date

    try:
        # Go knows a year 0, which is a leap year.
        date(int(year) or 2000, int(month), int(day))
    except ValueError:
        return False
    if hour is None:
        return True
    if int(hour) > 23 or int(minute) > 59 or int(second) > 59:
        return False
    return zone is None or zone == "Z" or (int(zone[1:3]) <= 24 and int(zone[4:6]) <= 60)


def _binary(text: str) -> str:
    import base64

    try:
        data = base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except ValueError:
        raise ScalarError("found !!binary with a text that is no base64; expected base64") from None
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ScalarError(
            "found !!binary that is no UTF-8 text: JSON cannot carry it; expected text, or the base64 without the tag"
        ) from None


def json_value(value: Scalar) -> Scalar:
    """What a cluster sees after the value has gone through JSON.

    Go writes a float without a fraction as an integer (``3.0`` as ``3``, with the digits of Python's ``repr``), so the
    API server reads an integer where 64 bits can hold it.

    :raises ScalarError: the number has no form in JSON (infinite, not a number).
    """
    if type(value) is float:
        if not math.isfinite(value):
            raise ScalarError(f"found {_special(value)}, which JSON cannot carry; expected a finite number")
        if value.is_integer() and abs(value) <= 2**63:
            whole = int(value)
            if abs(value) >= 2**53:
                from decimal import Decimal

                whole = int(Decimal(repr(value)))
            return whole if -(2**63) <= whole < 2**63 else value
    return value


def key_text(value: Scalar) -> str:
    """The string that a map's key becomes in JSON, as sigs.k8s.io/yaml converts it.

    :raises ScalarError: a key that it refuses (null, an integer above 2^63 - 1).
    """
    if isinstance(value, str):
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        if value >= 2**63:
            raise ScalarError(f"found the integer {value} as a key, expected a string: put it in quotes")
        return str(value)
    if isinstance(value, float):
        return _float32_text(value)
    raise ScalarError("found null as a key, expected a string: put it in quotes, or give the key a name")


def _float32_text(value: float) -> str:
    # sigs.k8s.io/yaml formats a float key with the precision of 32 bits: strconv.FormatFloat(key, 'g', -1, 32).
    try:
        (value,) = struct.unpack("<f", struct.pack("<f", value))
    except OverflowError:
        value = math.copysign(math.inf, value)
    if not math.isfinite(value):
        return _special(value)
    for precision in range(9):
        mantissa, _, exponent = f"{value:.{precision}e}".partition("e")
        try:
            if struct.unpack("<f", struct.pack("<f", float(f"{mantissa}e{exponent}")))[0] == value:
                break
        except OverflowError:
            continue
    power = int(exponent)
    if value != 0 and (power < -4 or power >= 6):
        return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"
    if power < 0:
        return f"{value:.{precision - power}f}"
    return f"{float(f'{mantissa}e{exponent}'):.{max(precision - power, 0)}f}"


def _special(value: float) -> str:
    return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"


def _name(tag: str) -> str:
    return "!!" + tag[len(_TAG) :] if tag.startswith(_TAG) else tag
