"""Units as words, however they are written: 500mg, 500 mg and 500 milligrams, €5m and 5 million euros."""

from __future__ import annotations

import re

_ALIASES = {
    "second": "seconds sec secs sekunden",
    "minute": "minute minutes min mins minuten",
    "hour": "hour hours hr hrs h stunde stunden std",
    "day": "day days tag tage tagen",
    "night": "night nights nacht nächte nächten",
    "week": "week weeks woche wochen",
    "month": "month months monat monate monaten",
    "year": "year years yr yrs jahr jahre jahren",
    "decade": "decade decades jahrzehnt jahrzehnte jahrzehnten",
    "millimetre": "mm millimetre millimetres millimeter millimeters",
    "centimetre": "cm centimetre centimetres centimeter centimeters zentimeter",
    "metre": "m metre metres meter meters",
    "kilometre": "km kilometre kilometres kilometer kilometers",
    "inch": "inch inches",
    "foot": "foot feet ft",
    "yard": "yard yards",
    "mile": "mile miles meilen",
    "milligram": "mg milligram milligrams milligramm",
    "gram": "g gram grams gramme grammes gramm",
    "kilogram": "kg kilo kilos kilogram kilograms kilogramm",
    "ounce": "ounce ounces oz",
    "ton": "ton tons tonne tonnes tonnen",
    "millilitre": "ml millilitre millilitres milliliter milliliters",
    "litre": "l litre litres liter liters",
    "gallon": "gallon gallons",
    "cup": "cup cups tassen",
    "hectare": "hectare hectares ha hektar",
    "acre": "acre acres",
    "euro": "euro euros eur",
    "pound": "pound pounds lb lbs pfund",
    "dollar": "dollar dollars usd",
    "cent": "cent cents",
    "percent": "percent prozent",
    "watt": "w watt watts",
    "kilowatt": "kw kilowatt kilowatts",
    "kilowatt hour": "kwh",
    "megabyte": "mb megabyte megabytes",
    "gigabyte": "gb gigabyte gigabytes",
    "terabyte": "tb terabyte terabytes",
}
#: Lower-cased ways to write a unit, each with its name.
UNITS = {alias: unit for unit, aliases in _ALIASES.items() for alias in aliases.split()}
_SCALES = {"k": "thousand", "m": "million", "mn": "million", "bn": "billion"}
_SHORT_SUM = re.compile(r"(?<=[€$£])(?P<sum>\s?\d[\d.,]*)\s?(?P<scale>k|mn?|bn)\b", re.IGNORECASE)
_PERCENT = re.compile(r"\s?%|\bper cent\b")
# Of one letter only small ones: 5G is no weight.
_LONG = "|".join(sorted((one for one in UNITS if len(one) > 1), key=len, reverse=True))
_MEASURE = re.compile(rf"(?P<number>\d)[ \u00a0\u202f]?(?P<unit>(?i:{_LONG})|[mghl])\b(?!['’])")


def written_out(text: str) -> str:
    """The text with units and scales behind its numbers written out."""
    text = _SHORT_SUM.sub(lambda m: f"{m['sum']} {_SCALES[m['scale'].lower()]}", text)
    text = _MEASURE.sub(lambda m: f"{m['number']} {UNITS[m['unit'].lower()]}", text)
    return _PERCENT.sub(" percent", text)
