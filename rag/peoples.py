"""Other names of countries and of their people, most of which no ending makes of the country's name."""

from __future__ import annotations

_NAMES = """
america: american americans us u.s. usa
argentina: argentine argentines argentinian
britain: british briton britons uk u.k.
burkina: burkinabe
cameroon: cameroonian cameroonians
canada: canadian canadians
china: chinese
congo: congolese
cyprus: cypriot cypriots
czechia: czech czechs
denmark: danish dane danes
england: english
egypt: egyptian egyptians
finland: finnish finn finns
france: french
germany: german germans
greece: greek greeks
hungary: hungarian hungarians
ireland: irish
italy: italian italians
ivoire: ivorian ivorians ivory
lebanon: lebanese
netherlands: dutch holland
niger: nigerien nigeriens
norway: norwegian norwegians
peru: peruvian peruvians
philippines: filipino filipinos philippine
poland: polish poles
portugal: portuguese
scotland: scottish scots
spain: spanish spaniard spaniards
sweden: swedish swedes
switzerland: swiss
thailand: thai thais
togo: togolese
turkey: turkish turks
ukraine: ukrainian ukrainians
vietnam: vietnamese
wales: welsh
"""

#: The country, by each other name that it or its people have; all in lower case.
COUNTRY_OF = {
    name: country
    for country, names in (line.split(":") for line in _NAMES.strip().splitlines())
    for name in names.split()
}
